using System.Text.Json;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Journal.Errors;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Runbooks;

/// <summary>A journal that lets work go on when it cannot be written: for undoing alone. Not where another process writes it: that one has the run.</summary>
internal sealed class ForgivingJournal(IRunJournal journal) : IRunJournal
{
    public string Run => journal.Run;

    public async Task AppendAsync(JournalRecordKind kind, string? step, string? text, JsonElement? data, CancellationToken cancellationToken)
    {
        try
        {
            await journal.AppendAsync(kind, step, text, data, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RecoveryException and not JournalForkedException)
        {
            // Told at the run's end, when the journal cannot be sealed either.
        }
    }

    public Task FlushAsync(CancellationToken cancellationToken) => journal.FlushAsync(cancellationToken);
}
