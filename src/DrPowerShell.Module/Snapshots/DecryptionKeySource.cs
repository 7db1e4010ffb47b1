using System.Net;
using System.Security;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;

namespace DrPowerShell.Module.Snapshots;

/// <summary>Turns what the user gave into keys.</summary>
internal static class DecryptionKeySource
{
    /// <summary>Reads identity files.</summary>
    /// <param name="identityFiles">Full paths.</param>
    /// <param name="passphrase">Null for none.</param>
    public static DecryptionKeys Read(IEnumerable<string> identityFiles, SecureString? passphrase) => new()
    {
        Identities = [.. identityFiles.SelectMany(path => IdentityFile.FromFile(path).Identities)],
        Passphrase = Plain(passphrase),
    };

    /// <summary>The text of a secure string; null for none.</summary>
    public static string? Plain(SecureString? secret) => secret is null ? null : new NetworkCredential("", secret).Password;
}
