using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Secrets;

/// <summary>Tells the redactor of every secret that is read.</summary>
public sealed class NotedSecrets(ISecretSource secrets, Redactor redactor) : ISecretSource
{
    /// <inheritdoc/>
    public string Read(SecretReference reference)
    {
        var secret = secrets.Read(reference);
        redactor.Add(secret);
        return secret;
    }
}
