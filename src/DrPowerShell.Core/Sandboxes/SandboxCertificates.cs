using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DrPowerShell.Core.Sandboxes;

/// <summary>The one-time certificates of a sandbox: an authority whose key is never written, a certificate for its members and one for its clients.</summary>
/// <remarks>
/// The members' certificate is a client's too, because members call each other. The client's common name is <c>root</c>: a member with
/// authentication on takes the name of a client certificate for the user, so that the sandbox of a snapshot with users stays readable.
/// </remarks>
internal sealed record SandboxCertificates(string CAPath, string MemberPath, string MemberKeyPath, string ClientPath, string ClientKeyPath)
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(366);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Writes the certificates into a folder that only this user may read.</summary>
    public static SandboxCertificates Write(string folder, TimeProvider time)
    {
        var files = new SandboxCertificates(
            Path.Combine(folder, "ca.pem"), Path.Combine(folder, "member.pem"), Path.Combine(folder, "member.key"),
            Path.Combine(folder, "client.pem"), Path.Combine(folder, "client.key"));
        var from = time.GetUtcNow() - ClockSkew;
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = Authority(authorityKey, from);
        WriteFile(files.CAPath, authority.ExportCertificatePem());
        Issue(authority, "CN=DrPowerShell sandbox member", [ServerAuthentication, ClientAuthentication], from, files.MemberPath, files.MemberKeyPath);
        Issue(authority, "CN=root", [ClientAuthentication], from, files.ClientPath, files.ClientKeyPath);
        return files;
    }

    private static X509Certificate2 Authority(ECDsa key, DateTimeOffset from)
    {
        var request = new CertificateRequest("CN=DrPowerShell sandbox CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(from, from + ClockSkew + Lifetime);
    }

    private static void Issue(
        X509Certificate2 authority, string subject, string[] usages, DateTimeOffset from, string certificatePath, string keyPath)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        OidCollection oids = [.. usages.Select(usage => new Oid(usage))];
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, critical: false));
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F;
        using var certificate = request.Create(authority, from, new DateTimeOffset(authority.NotAfter), serial);
        WriteFile(certificatePath, certificate.ExportCertificatePem());
        WriteFile(keyPath, key.ExportPkcs8PrivateKeyPem());
    }

    private static void WriteFile(string path, string pem)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, options);
        writer.Write(pem);
    }
}
