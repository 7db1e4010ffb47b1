using System.Management.Automation;
using System.Net;
using System.Security;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Module.Repositories;

/// <summary>Reads secrets from vaults with the session's own Get-Secret (Microsoft.PowerShell.SecretManagement). Pipeline thread only.</summary>
internal sealed class VaultSecrets(PSCmdlet cmdlet) : ISecretSource
{
    private const string GetSecret = "Get-Secret";

    /// <inheritdoc/>
    public string Read(SecretReference reference)
    {
        // Asked first, so that a missing module is told apart from a missing secret; it also loads the module.
        if (cmdlet.InvokeCommand.GetCommand(GetSecret, CommandTypes.Cmdlet | CommandTypes.Function | CommandTypes.Alias) is null)
        {
            throw new SecretVaultsNotAvailableException(reference, "the module Microsoft.PowerShell.SecretManagement is not installed.");
        }

        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        shell.AddCommand(GetSecret).AddParameter("Vault", reference.Vault).AddParameter("Name", reference.Name).AddParameter("ErrorAction", ActionPreference.Stop);
        try
        {
            var found = shell.Invoke();
            return found is [{ } only] && Text(only.BaseObject) is { Length: > 0 } text ? text
                : throw new SecretNotFoundException(reference, found.Count > 1 ? "several secrets have this name" : "the vault holds no text by this name");
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            // The vault's own words stay out, its error id too (for a thrown text it is the text): what they may hold is not known.
            throw new SecretNotFoundException(reference, $"the vault does not give it out ({e.ErrorRecord.CategoryInfo.Reason})");
        }
    }

    private static string? Text(object value) => value switch
    {
        string text => text,
        SecureString secure => new NetworkCredential("", secure).Password,
        PSCredential credential => credential.GetNetworkCredential().Password,
        _ => null,
    };
}
