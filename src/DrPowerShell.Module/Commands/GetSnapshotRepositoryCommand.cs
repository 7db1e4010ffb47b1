using System.Management.Automation;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;

namespace DrPowerShell.Module.Commands;

/// <summary>Shows the repositories that the estate names.</summary>
/// <remarks>
/// <para>Nothing is connected to and no secret is read: this is what the estate says. What comes out is what -Repository takes.</para>
/// </remarks>
/// <example>
/// <para>List the repositories.</para>
/// <code>Get-SnapshotRepository</code>
/// <para>Name, place, whether it is offsite, how it is encrypted, where it is.</para>
/// </example>
/// <example>
/// <para>Find what is stored without encryption.</para>
/// <code>Get-SnapshotRepository -Estate ./dr.yaml | Where-Object Encryption -eq None</code>
/// <para>Backups in these can be read by whoever can read the store.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "SnapshotRepository")]
[OutputType(typeof(SnapshotRepositoryInfo))]
public sealed class GetSnapshotRepositoryCommand : DrCmdlet
{
    private Estate? _estate;

    /// <summary>Names of repositories; wildcards are allowed. Without it all are shown.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Estate { get; set; }

    /// <inheritdoc/>
    protected override void Begin() => _estate = new EstateSession(this, Estate).Estate;

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (var name in Name)
        {
            Item(name, () => Show(name));
        }
    }

    private void Show(string name)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(name))
        {
            WriteObject(_estate!.Describe(name));
            return;
        }

        var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        foreach (var repository in _estate!.RepositoryNames.Where(pattern.IsMatch))
        {
            WriteObject(_estate.Describe(repository));
        }
    }
}
