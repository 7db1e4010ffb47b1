using System.Text.Json;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Notifications;

/// <summary>Tells people outside of one run, from its first record to its end.</summary>
/// <param name="sender">Null where nobody is told.</param>
/// <param name="begun">The run's first record.</param>
/// <param name="who">user@host of this process.</param>
/// <param name="isUndo">Whether it is taken back.</param>
/// <param name="read">Reads the run from its journal.</param>
/// <param name="time">The clock.</param>
internal sealed class RunNotices(NoticeSender? sender, RunBegun begun, string who, bool isUndo, Func<RecoveryRun> read, TimeProvider time) : IAsyncDisposable
{
    // A run must not wait for a server that is down. But whoever breaks the glass may lose this very machine next: the news gets a head start.
    private static readonly TimeSpan HeadStart = TimeSpan.FromSeconds(3);

    private bool _isEndTold;

    public void Begun(string? approval) => _ = sender?.Send(NoticeText.Begun(begun, approval, time.GetUtcNow()));

    public void Resumed() => _ = sender?.Send(NoticeText.Resumed(begun, who, isUndo, time.GetUtcNow()));

    /// <summary>The journal that tells of a broken glass once it has kept it.</summary>
    public IRunJournal Over(IRunJournal journal) => sender is null ? journal : new TellingJournal(journal, this);

    /// <summary>Tells of the end.</summary>
    /// <param name="run">As the journal has it, with its result.</param>
    public void Ended(RecoveryRun run)
    {
        _isEndTold = true;
        _ = sender?.Send(NoticeText.Ended(run, who, isUndo, time.GetUtcNow()));
    }

    /// <summary>Waits for what is under way, and returns what did not get through.</summary>
    public Task<IReadOnlyList<string>> FlushAsync() => sender?.FlushAsync() ?? Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Waits for what is under way; a run that comes here without an end is left in a state that a person must look at.</summary>
    public async ValueTask DisposeAsync()
    {
        if (sender is null)
        {
            return;
        }

        if (!_isEndTold)
        {
            Ended(Left());
        }

        await FlushAsync().ConfigureAwait(false);
    }

    private RecoveryRun Left()
    {
        try
        {
            return read() with { Result = RunResult.Interrupted, Finished = null };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RecoveryException or FormatException)
        {
            return new RecoveryRun { Id = begun.Run, Kind = begun.Kind, Target = begun.Target, Operator = begun.Operator, Result = RunResult.Interrupted, Started = time.GetUtcNow() };
        }
    }

    private async Task BrokenGlassAsync(ApprovalUsed used)
    {
        try
        {
            await sender!.Send(NoticeText.BreakGlass(begun, who, used, time.GetUtcNow())).WaitAsync(HeadStart).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It goes on behind the run.
        }
    }

    private sealed class TellingJournal(IRunJournal journal, RunNotices notices) : IRunJournal
    {
        public string Run => journal.Run;

        public async Task AppendAsync(JournalRecordKind kind, string? step, string? text, JsonElement? data, CancellationToken cancellationToken)
        {
            await journal.AppendAsync(kind, step, text, data, cancellationToken).ConfigureAwait(false);
            if (kind == JournalRecordKind.Approval && data?.Deserialize(JournalJson.Default.ApprovalUsed) is { BreakGlass: not null } used)
            {
                await notices.BrokenGlassAsync(used).ConfigureAwait(false);
            }
        }

        public Task FlushAsync(CancellationToken cancellationToken) => journal.FlushAsync(cancellationToken);
    }
}
