using System.Text;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Secrets;

/// <summary>Reads secrets from the environment and from files, and asks another source for those in vaults.</summary>
/// <param name="vaults">Answers <c>secret:</c> references; null where there is no PowerShell session to ask.</param>
public sealed class SecretReader(ISecretSource? vaults = null) : ISecretSource
{
    private const int MaximumFile = 64 << 10;

    /// <inheritdoc/>
    public string Read(SecretReference reference) => reference.Kind switch
    {
        SecretKind.Environment => FromEnvironment(reference),
        SecretKind.File => FromFile(reference),
        _ => vaults?.Read(reference) ?? throw new SecretVaultsNotAvailableException(reference, "There is no PowerShell session to ask."),
    };

    private static string FromEnvironment(SecretReference reference) => Environment.GetEnvironmentVariable(reference.Name) is { Length: > 0 } value
        ? value
        : throw new SecretNotFoundException(reference, "the environment variable is not set");

    private static string FromFile(SecretReference reference)
    {
        try
        {
            // Read through a stream with a bound, so that a device or a pipe ends somewhere as well.
            using var file = new FileStream(reference.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[MaximumFile + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            var text = length > MaximumFile
                ? throw new SecretNotFoundException(reference, $"the file holds more than {MaximumFile >> 10} KB")
                : new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes, 0, length).TrimStart('\uFEFF');
            text = text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
            return text.Length > 0 ? text : throw new SecretNotFoundException(reference, "the file is empty");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SecretNotFoundException(reference, "there is no such file");
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new SecretNotFoundException(reference, "the file cannot be read by this user, or is no file");
        }
        catch (DecoderFallbackException)
        {
            // No inner exception: its message holds bytes of the secret.
            throw new SecretNotFoundException(reference, "the file is not UTF-8 text");
        }
    }
}
