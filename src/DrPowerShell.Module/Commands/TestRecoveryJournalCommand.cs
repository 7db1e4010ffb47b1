using System.Management.Automation;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Journal.Errors;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;
using DrPowerShell.Module.Runs;

namespace DrPowerShell.Module.Commands;

/// <summary>Proves that the journal of a run is whole: no record edited, removed, put elsewhere or cut off.</summary>
/// <remarks>
/// <para>
/// Sealed: whole, and closed by its seal. Open: whole as far as it goes, but nothing says that it has not been cut off; so is every run that has not
/// ended, and every seal that nobody who is trusted has signed, where the estate names whom it trusts (trust). Broken: a finding names the first
/// record that is not as it was written.
/// </para>
/// <para>
/// With -Repository the journal is compared with the copy there, record by record: that shows as well what was cut off at the end, and whoever
/// rewrote a whole journal. A run that the repository alone holds is tested there.
/// </para>
/// <para>What is wrong is a finding in the result. For a scheduled task add -FailOn, which ends in a terminating error after the result was written.</para>
/// </remarks>
/// <example>
/// <para>Has anybody touched the journals of this machine?</para>
/// <code>Test-RecoveryJournal -Repository offsite -FailOn Error</code>
/// </example>
/// <example>
/// <para>Test a journal that an auditor was given as a file.</para>
/// <code>(Test-RecoveryJournal -Path ./journal.jsonl).Findings</code>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "RecoveryJournal", DefaultParameterSetName = ByRun)]
[OutputType(typeof(JournalTestResult))]
public sealed class TestRecoveryJournalCommand : RepositoryCmdlet
{
    private const string ByRun = "Run";
    private const string ByPath = "Path";
    private const string ByLiteralPath = "LiteralPath";

    private JournalTestFailedException? _failed;

    /// <summary>The runs: ids, or what Get-RecoveryRun or Restore-EtcdCluster returned. Without any all runs of this machine.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = ByRun)]
    [Alias("Run")]
    [ArgumentCompleter(typeof(RunIdCompleter))]
    [ValidateNotNullOrEmpty]
    public RunReference[]? Id { get; set; }

    /// <summary>Journal files; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByPath)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Journal files, taken literally.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByLiteralPath)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The repository whose copy is compared: a name from the estate, a URI such as s3://bucket/prefix, a folder, or what Get-SnapshotRepository returned.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public override RepositoryReference? Repository { get; set; }

    /// <summary>The folder of all runs. The default is $env:DRPOWERSHELL_STATE, else the user's folder for state.</summary>
    [Parameter(ParameterSetName = ByRun)]
    [ValidateNotNullOrEmpty]
    public string? JournalDirectory { get; set; }

    /// <summary>End in a terminating error, after the result was written, when a finding is of this severity or worse: Warning or Error.</summary>
    [Parameter]
    [ValidateSet(nameof(RecoverySeverity.Warning), nameof(RecoverySeverity.Error))]
    public RecoverySeverity? FailOn { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var folder = SessionPaths.Runs(this, JournalDirectory);
        var options = Repository is null ? null : ResolveRepository();
        var trust = options is { Trust.IsRequired: true } ? options.Trust
            : Session.EstateIfAny is { Trust.Count: > 0 } estate ? ManifestTrust.FromFiles(estate.Trust)
            : ManifestTrust.None;
        var where = Repository is null ? null : Where(Repository);
        List<(object Target, string? Id, string Path)> journals = ParameterSetName == ByRun
            ? [.. (Id ?? [.. RunFolder.List(folder).Select(id => new RunReference(id))]).Select(run => ((object)run, run.Id, Journal(run, folder)))]
            : [.. ResolveFiles(ParameterSetName == ByPath ? Path : LiteralPath, ParameterSetName == ByLiteralPath).Select(file => ((object)file, (string?)null, file))];
        foreach (var (target, id, path) in journals)
        {
            var isTested = RunItem(target, async (output, token) =>
            {
                var repository = options is null ? null : await SnapshotRepository.OpenAsync(options, token).ConfigureAwait(false);
                try
                {
                    output.WriteObject(Judge(await TestAsync(id, path, trust, repository, token).ConfigureAwait(false) with { Repository = where }));
                }
                finally
                {
                    if (repository is not null)
                    {
                        await repository.DisposeAsync().ConfigureAwait(false);
                    }
                }
            });
            if (!isTested && FailOn is not null)
            {
                // A scheduler must not take for a pass what was never tested.
                _failed ??= new(id ?? path, 1, "it could not be tested; the error before this one says why.");
            }
        }
    }

    /// <inheritdoc/>
    protected override void End()
    {
        if (_failed is not null)
        {
            throw _failed;
        }
    }

    private static string Journal(RunReference run, string folder) => run.Run is { Journal: var path } && File.Exists(path) ? path : RunFolder.Journal(folder, run.Id);

    private static async Task<JournalTestResult> TestAsync(string? id, string path, ManifestTrust trust, SnapshotRepository? repository, CancellationToken cancellationToken)
    {
        var file = File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false) : null;
        var name = id ?? JournalReader.Check(file!, trust, null).Run;
        var copy = repository is null || name.Length == 0 ? null : await JournalReader.FetchAsync(repository.Store, name, cancellationToken).ConfigureAwait(false);
        if (file is null && copy is not { Count: > 0 })
        {
            throw new RunNotFoundException(name, repository is null ? path : $"{path} or {repository.Options.Name}");
        }

        var result = file is null ? JournalReader.Check(JournalReader.ToFile(copy!), trust, null) : JournalReader.Check(file, trust, copy);

        // A broken one may not say whose it is any more.
        return result with { Run = result.Run.Length > 0 ? result.Run : name, Path = file is null ? BackupNames.RunFolder + name : path };
    }

    private JournalTestResult Judge(JournalTestResult result)
    {
        if (result.Findings.Where(finding => finding.Severity >= FailOn).ToList() is [var first, ..] bad)
        {
            _failed ??= new(result.Run.Length > 0 ? result.Run : result.Path, bad.Count, first.ToString());
        }

        return result;
    }
}
