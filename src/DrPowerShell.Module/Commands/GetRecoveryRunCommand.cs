using System.Management.Automation;
using DrPowerShell.Core.Journal.Errors;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;
using DrPowerShell.Module.Runs;

namespace DrPowerShell.Module.Commands;

/// <summary>Shows runs: what was done, how far it came, how long it took and what was lost, as their journals tell it.</summary>
/// <remarks>
/// <para>
/// The runs of this machine, the newest first; with -Repository also those that the repository alone holds, and those of which it holds more
/// because another machine has gone on with them. A run of another machine that has not ended is shown as Interrupted: whether its process lives
/// cannot be seen from here.
/// </para>
/// <para>A journal that is broken is an error of its own, and the others are shown all the same.</para>
/// </remarks>
/// <example>
/// <para>What were the last three runs, and which steps did the newest take?</para>
/// <code>Get-RecoveryRun -Last 3
/// (Get-RecoveryRun -Last 1).Steps</code>
/// </example>
/// <example>
/// <para>Find a restore that died on another machine, and go on with it here.</para>
/// <code>Get-RecoveryRun -Repository offsite -Cluster prod -Result Interrupted | Resume-RecoveryRun -Repository offsite</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "RecoveryRun")]
[OutputType(typeof(RecoveryRun))]
public sealed class GetRecoveryRunCommand : RepositoryCmdlet
{
    /// <summary>The runs' ids; wildcards are allowed. Without it all runs.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RunIdCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Id { get; set; } = ["*"];

    /// <summary>The repository that is asked as well: a name from the estate, a URI such as s3://bucket/prefix, a folder, or what Get-SnapshotRepository returned.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public override RepositoryReference? Repository { get; set; }

    /// <summary>Only runs about this cluster.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(EstateClusterNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Cluster { get; set; }

    /// <summary>Only runs that ended so, or that are Running or Interrupted.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public RunResult[]? Result { get; set; }

    /// <summary>Only the newest so many.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Last { get; set; } = int.MaxValue;

    /// <summary>The folder of all runs. The default is $env:DRPOWERSHELL_STATE, else the user's folder for state.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? JournalDirectory { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var folder = SessionPaths.Runs(this, JournalDirectory);
        var options = Repository is null ? null : ResolveRepository();
        var where = Repository is null ? null : Where(Repository);
        var patterns = Id.Select(id => (Id: id, Pattern: WildcardPattern.Get(id, WildcardOptions.IgnoreCase))).ToList();
        Run(async (output, token) =>
        {
            var repository = options is null ? null : await SnapshotRepository.OpenAsync(options, token).ConfigureAwait(false);
            try
            {
                var catalog = new RunCatalog(folder, repository?.Store, where);
                var ids = await catalog.ListAsync(token).ConfigureAwait(false);
                foreach (var (id, _) in patterns.Where(one => !WildcardPattern.ContainsWildcardCharacters(one.Id) && !ids.Any(one.Pattern.IsMatch)))
                {
                    output.WriteError(new RunNotFoundException(id, where is null ? folder : $"{folder} or {where}"), id);
                }

                await ShowAsync(catalog, ids.Where(id => patterns.Exists(one => one.Pattern.IsMatch(id))), output, token).ConfigureAwait(false);
            }
            finally
            {
                if (repository is not null)
                {
                    await repository.DisposeAsync().ConfigureAwait(false);
                }
            }
        });
    }

    private async Task ShowAsync(RunCatalog catalog, IEnumerable<string> ids, IPipelineOutput output, CancellationToken cancellationToken)
    {
        var shown = 0;
        foreach (var id in ids)
        {
            try
            {
                var run = await catalog.ReadAsync(id, cancellationToken).ConfigureAwait(false);
                if ((Cluster is null || string.Equals(Cluster, run.Target, StringComparison.OrdinalIgnoreCase)) && Result?.Contains(run.Result) != false)
                {
                    output.WriteObject(run);
                    shown++;
                }
            }
            catch (RecoveryException e)
            {
                output.WriteError(e, id);
            }

            if (shown >= Last)
            {
                return;
            }
        }
    }
}
