using System.Globalization;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Journal;

/// <summary>The copy of a journal in a repository: each record an object, put in their order behind the run's back.</summary>
internal sealed class JournalCopy : IAsyncDisposable
{
    private readonly IBlobStore _store;
    private readonly string _run;
    private readonly JournalPatience _patience;
    private readonly TimeProvider _time;
    private readonly Queue<(int Sequence, byte[] Line, BlobRetention? Retention)> _waiting = new();
    private readonly CancellationTokenSource _end = new();
    private Task _work = Task.CompletedTask;

    /// <param name="store">The repository.</param>
    /// <param name="run">The run's id.</param>
    /// <param name="lines">All lines so far: offered again, and what is there already stays as it is.</param>
    /// <param name="patience">How long to wait for it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="last">How long the last of the lines is to be retained; null for no lock.</param>
    public JournalCopy(IBlobStore store, string run, IReadOnlyList<byte[]> lines, JournalPatience patience, TimeProvider time, BlobRetention? last = null)
    {
        (_store, _run, _patience, _time) = (store, run, patience, time);
        for (var i = 0; i < lines.Count; i++)
        {
            _waiting.Enqueue((i + 1, lines[i], i == lines.Count - 1 ? last : null));
        }
    }

    /// <summary>Whether records wait that were offered and not taken.</summary>
    public bool IsBehind
    {
        get
        {
            lock (_waiting)
            {
                return _waiting.Count > 0;
            }
        }
    }

    /// <summary>The first record of which the repository holds another one: somebody else has gone on with this run. 0 for none; nothing is put after it.</summary>
    public int ForkedAt { get; private set; }

    /// <summary>Puts a record in line.</summary>
    public void Offer(int sequence, byte[] line, BlobRetention? retention)
    {
        lock (_waiting)
        {
            _waiting.Enqueue((sequence, line, retention));
            Begin();
        }
    }

    /// <summary>Waits until everything is stored, or the store has not answered once more, or has answered too late.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_patience.Flush, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        for (var attempt = 0; attempt < 2 && IsBehind; attempt++)
        {
            Task work;
            lock (_waiting)
            {
                Begin();
                work = _work;
            }

            try
            {
                await work.WaitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // It goes on behind the run's back, as before.
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        _end.Dispose();
    }

    private void Begin()
    {
        if (_work.IsCompleted && ForkedAt == 0 && _waiting.Count > 0)
        {
            _work = Task.Run(() => DrainAsync(_end.Token), CancellationToken.None);
        }
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            (int Sequence, byte[] Line, BlobRetention? Retention) next;
            lock (_waiting)
            {
                if (!_waiting.TryPeek(out next))
                {
                    // Said inside the lock: an offer that comes now must see that nobody works any more.
                    _work = Task.CompletedTask;
                    return;
                }
            }

            using var limit = new CancellationTokenSource(_patience.Record, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                if (!await PutAsync(next.Sequence, next.Line, next.Retention, either.Token).ConfigureAwait(false))
                {
                    ForkedAt = next.Sequence;
                    return;
                }
            }
            catch (Exception e) when (e is RecoveryException or OperationCanceledException or IOException)
            {
                return;
            }

            lock (_waiting)
            {
                _waiting.Dequeue();
            }
        }
    }

    // What is there already is of an earlier process of this run, or of an attempt whose answer was lost: then it is the same.
    private async Task<bool> PutAsync(int sequence, byte[] line, BlobRetention? retention, CancellationToken cancellationToken)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{BackupNames.RunFolder}{_run}/{sequence:000000}.json");
        try
        {
            await _store.PutAsync(name, line, new BlobPutOptions { OnlyIfAbsent = true, Retention = retention }, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (BlobExistsException)
        {
            var there = await JournalReader.LineAsync(_store, name, cancellationToken).ConfigureAwait(false);
            return line.AsSpan().SequenceEqual(there);
        }
    }
}

/// <summary>How long a run waits for the repository that keeps its journal.</summary>
/// <param name="Record">For one record.</param>
/// <param name="Flush">For all that waits, where the run cannot go on before: at the point of no return and at its end.</param>
internal sealed record JournalPatience(TimeSpan Record, TimeSpan Flush)
{
    public static JournalPatience Default { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));
}
