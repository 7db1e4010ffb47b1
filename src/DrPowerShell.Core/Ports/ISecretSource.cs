using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Core.Ports;

/// <summary>Looks secrets up by reference, at the moment something is opened with them. Called on the pipeline thread.</summary>
public interface ISecretSource
{
    /// <summary>The secret's value.</summary>
    /// <exception cref="SecretNotFoundException">There is none, or it cannot be read; the message never holds a value.</exception>
    /// <exception cref="SecretVaultsNotAvailableException">It is in a vault, and nothing here can ask vaults.</exception>
    string Read(SecretReference reference);
}
