using System.Security.Cryptography;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace DrPowerShell.Providers.Sftp;

/// <summary>
/// Turns access options into the ways to log in that SSH.NET tries in this order: a key, with its certificate where it has one, the password, and
/// the password as the answer to prompts.
/// </summary>
internal static class SshCredentials
{
    private static readonly string[] DefaultKeys = ["id_ed25519", "id_ecdsa", "id_rsa"];

    /// <summary>Reads the keys.</summary>
    /// <param name="keyFolder">Where the user's own keys lie; null for .ssh in their home.</param>
    /// <exception cref="SshKeyNotUsableException">A file that is named is missing, encrypted, or holds no private key.</exception>
    /// <exception cref="StoreCredentialsMissingException">Nothing is named, and the user has no key of their own.</exception>
    public static AuthenticationMethod[] Load(Uri store, string user, SftpAccess access, string? keyFolder = null)
    {
        var methods = new List<AuthenticationMethod>();
        if (access.KeyPath is { } path)
        {
            methods.Add(new PrivateKeyAuthenticationMethod(user, ReadKey(path, access.KeyPassphrase, access.CertificatePath)));
        }
        else if (access.CertificatePath is { } certificate)
        {
            throw new SshKeyNotUsableException(certificate, "it is a certificate, and the private key that belongs to it is not named.");
        }

        if (access.Password is { } password)
        {
            methods.Add(new PasswordAuthenticationMethod(user, password));
            var prompted = new KeyboardInteractiveAuthenticationMethod(user);
            prompted.AuthenticationPrompt += (_, e) =>
            {
                // What would be echoed on a terminal is no question for a password.
                foreach (var prompt in e.Prompts.Where(prompt => !prompt.IsEchoed))
                {
                    prompt.Response = password;
                }
            };
            methods.Add(prompted);
        }

        if (methods.Count == 0 && OwnKeys(keyFolder) is { Length: > 0 } own)
        {
            methods.Add(new PrivateKeyAuthenticationMethod(user, own));
        }

        return methods.Count > 0 ? [.. methods] : throw new StoreCredentialsMissingException(
            store, $"neither a key file nor a password is named for {user}, and there is no key without a passphrase in the folder .ssh.");
    }

    private static PrivateKeyFile ReadKey(string path, string? passphrase, string? certificate)
    {
        foreach (var file in new[] { path, certificate }.OfType<string>())
        {
            if (!File.Exists(file))
            {
                throw new SshKeyNotUsableException(file, "there is no such file.");
            }
        }

        var key = Read(path, passphrase, () => new PrivateKeyFile(path, passphrase));
        if (certificate is null)
        {
            return key;
        }

        key.Dispose();
        return Read(certificate, passphrase, () => new PrivateKeyFile(path, passphrase, certificate));
    }

    private static PrivateKeyFile Read(string path, string? passphrase, Func<PrivateKeyFile> read)
    {
        try
        {
            return read();
        }
        catch (SshPassPhraseNullOrEmptyException e)
        {
            throw new SshKeyNotUsableException(path, "it is encrypted, and no passphrase was given.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new SshKeyNotUsableException(path, "this user may not read it.", e);
        }
        catch (Exception e) when (e is SshException or IOException or CryptographicException or FormatException or ArgumentException or NotSupportedException
            or InvalidOperationException or IndexOutOfRangeException or OverflowException or Org.BouncyCastle.Crypto.CryptoException or Org.BouncyCastle.Utilities.IO.Pem.PemGenerationException)
        {
            throw new SshKeyNotUsableException(path, Reason(path, passphrase), e);
        }
    }

    // SSH.NET's own messages tell of check bytes and paddings; the file itself tells more.
    private static string Reason(string path, string? passphrase)
    {
        var start = File.ReadLines(path).FirstOrDefault() ?? "";
        return start.Contains("-cert-v01@openssh.com", StringComparison.Ordinal) ? "it is no certificate for this key, or damaged."
            : start.StartsWith("ssh-", StringComparison.Ordinal) || start.StartsWith("ecdsa-", StringComparison.Ordinal) ? "it is a public key; the private one is needed."
            : !start.StartsWith("-----BEGIN", StringComparison.Ordinal) && !start.StartsWith("PuTTY-", StringComparison.Ordinal) ? "it holds no private key."
            : passphrase is not null ? "the passphrase does not open it, or it is damaged."
            : "it is damaged, or of a kind that is not supported.";
    }

    // As ssh does; a key that asks for a passphrase is left out, because nobody is there to answer.
    private static PrivateKeyFile[] OwnKeys(string? keyFolder)
    {
        var folder = keyFolder ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".ssh");
        var keys = new List<PrivateKeyFile>();
        foreach (var path in DefaultKeys.Select(name => Path.Combine(folder, name)).Where(File.Exists))
        {
            try
            {
                keys.Add(ReadKey(path, passphrase: null, File.Exists(path + "-cert.pub") ? path + "-cert.pub" : null));
            }
            catch (SshKeyNotUsableException)
            {
                // Another one may do; where none does, the error says that there is none.
            }
        }

        return [.. keys];
    }
}
