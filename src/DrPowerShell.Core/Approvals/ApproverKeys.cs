using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DrPowerShell.Core.Approvals.Errors;
using DrPowerShell.Core.Configuration.Documents;

namespace DrPowerShell.Core.Approvals;

/// <summary>The keys of the approvers whom the estate names. A file may hold several keys: they are one person's.</summary>
internal sealed class ApproverKeys
{
    private const string Certificate = "CERTIFICATE";
    private const string PublicKey = "PUBLIC KEY";

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>What cannot be used, by the approver's name.</summary>
    public Dictionary<string, ApproverKeyNotUsableException> Faults { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads all of a policy's files; what is wrong with one is told by <see cref="Faults"/>, as the others may suffice.</summary>
    public static ApproverKeys Read(ApprovalSection policy, DateTimeOffset now)
    {
        var keys = new ApproverKeys();
        foreach (var (name, path) in policy.Approvers)
        {
            try
            {
                foreach (var key in KeysOf(File.ReadAllText(path), now))
                {
                    // A key that stands under two names is still one key: the first name has it.
                    keys._names.TryAdd(PlanDigest.Of(key), name);
                }
            }
            catch (Exception e) when (e is ArgumentException or CryptographicException or IOException or UnauthorizedAccessException or FormatException)
            {
                keys.Faults[name] = new(name, path, e.Message);
            }
        }

        return keys;
    }

    /// <summary>Whose key it is; null for nobody's.</summary>
    public string? NameOf(string keyId) => _names.GetValueOrDefault(keyId);

    private static List<byte[]> KeysOf(string pem, DateTimeOffset now)
    {
        var keys = new List<byte[]>();
        for (var rest = pem.AsSpan(); PemEncoding.TryFind(rest, out var block); rest = rest[block.Location.End..])
        {
            var der = Convert.FromBase64String(rest[block.Base64Data].ToString());
            switch (rest[block.Label])
            {
                case Certificate:
                    keys.Add(KeyOf(der, now));
                    break;
                case PublicKey:
                    using (var key = ECDsa.Create())
                    {
                        key.ImportSubjectPublicKeyInfo(der, out _);
                        keys.Add(key.ExportSubjectPublicKeyInfo());
                    }

                    break;
                case var label when label.Contains("PRIVATE", StringComparison.Ordinal):
                    throw new FormatException("it holds a private key, which belongs to the approver alone.");
            }
        }

        return keys.Count > 0 ? keys : throw new FormatException("it holds neither a public key nor a certificate.");
    }

    private static byte[] KeyOf(byte[] der, DateTimeOffset now)
    {
        using var certificate = new X509Certificate2(der);
        var (begin, end) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        if (now.UtcDateTime < begin || now.UtcDateTime > end)
        {
            throw new FormatException($"the certificate is valid from {begin:u} to {end:u} only.");
        }

        using var key = certificate.GetECDsaPublicKey() ?? throw new FormatException("its certificate holds no ECDSA key.");
        return key.ExportSubjectPublicKeyInfo();
    }
}
