using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Reports.Writers;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Reports;

/// <summary>Keeps the report of a run that has ended: beside its journal, and with the run's record in the repository.</summary>
/// <remarks>The run is over when this is called, and stays what it is: whatever fails here becomes a finding of the run that is returned, and nothing waits for long.</remarks>
internal sealed class ReportArchive(SnapshotRepository? repository, TimeProvider time)
{
    private const string Name = "report.html";

    // Nobody should wait for a repository when the cluster is back.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>The report beside a journal; null where there is none.</summary>
    public static string? Find(string journal) => Beside(journal) is var path && File.Exists(path) ? path : null;

    /// <summary>Writes and stores it.</summary>
    /// <param name="run">The run, as its journal tells it.</param>
    /// <param name="retention">How long the repository is to retain it; null for no lock, as for one that will be written again.</param>
    /// <returns>The run, with its report's file, or with a finding where there is none.</returns>
    public async Task<RecoveryRun> KeepAsync(RecoveryRun run, BlobRetention? retention)
    {
        var path = Beside(run.Journal);
#pragma warning disable CA1031 // A report, of whatever it fails, is no reason to call a run failed that has brought its cluster back.
        byte[] html, json;
        try
        {
            var report = ReportMaker.Make(run, time);
            html = ReportFile.Bytes(report, ReportWriters.Of(ReportFormat.Html), ReportCulture.English);
            json = ReportFile.Bytes(report, ReportWriters.Of(ReportFormat.Json), ReportCulture.English);
            ReportFile.Write(path, html, replace: true);
            run = run with { Report = path };
        }
        catch (Exception e)
        {
            return With(run, "ReportNotWritten", $"{path} could not be written: {e.Message} Make it with Export-RecoveryReport.");
        }

        // One that did not take the journal is not waited for once more: a resume of the ended run brings both there.
        if (repository is null || run.IsLocalOnly)
        {
            return run;
        }

        try
        {
            using var limit = new CancellationTokenSource(Patience, time);
            await StoreAsync(repository.Store, run.Id, html, json, retention, limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
            return run;
        }
        catch (Exception e)
        {
            return With(run, "ReportNotArchived", $"{repository.Options.Name} does not hold the report: {(e is OperationCanceledException ? "it did not answer in time." : e.Message)} Keep {path}.");
        }
#pragma warning restore CA1031
    }

    private static async Task StoreAsync(IBlobStore store, string run, byte[] html, byte[] json, BlobRetention? retention, CancellationToken cancellationToken)
    {
        // A run that is gone on with is reported again: the newer one takes the older one's place.
        var options = new BlobPutOptions { Retention = retention };
        await store.PutAsync(BackupNames.RunRecord(run), json, options, cancellationToken).ConfigureAwait(false);
        await store.PutAsync(BackupNames.RunReport(run), html, options, cancellationToken).ConfigureAwait(false);
    }

    private static string Beside(string journal) => Path.Combine(Path.GetDirectoryName(journal)!, Name);

    private static RecoveryRun With(RecoveryRun run, string code, string text) =>
        run with { Findings = [.. run.Findings, new RecoveryFinding(RecoverySeverity.Warning, code, text)] };
}
