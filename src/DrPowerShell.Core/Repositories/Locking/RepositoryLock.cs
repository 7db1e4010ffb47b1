using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Locking;

/// <summary>Keeps others from doing the same in a repository at the same time, on any machine, with nothing but puts, lists and deletes.</summary>
/// <remarks>
/// Everybody writes a mark of their own first and lists the marks then: of two at the same time at least one sees the other, so both never go
/// on. (A conditional write would be simpler, and some S3 servers ignore or refuse it.) A mark is renewed every minute and counts as dead once it
/// is five minutes older than a fresh one; both times are the store's, so that a machine with a wrong clock does no harm.
/// </remarks>
public sealed class RepositoryLock : IAsyncDisposable
{
    /// <summary>The purpose of whatever removes backups or collects what was left.</summary>
    public const string Removal = "removal";

    private static readonly TimeSpan RenewEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DeadAfter = TimeSpan.FromMinutes(5);

    // Earlier than others think so: whoever cannot renew must have stopped by then.
    private static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(4);

    // Two that ask at the same time both step back; so long they try again before they give up on each other.
    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(45);

    private readonly IBlobStore _store;
    private readonly TimeProvider _time;
    private readonly string _purpose;
    private readonly string _name;
    private readonly CancellationTokenSource _lost;
    private MarkText _text;
    private BlobInfo? _mark;
    private long _marked;
    private Renewal? _renewal;

    private RepositoryLock(IBlobStore store, string purpose, string? run, TimeProvider time)
    {
        (_store, _time, _purpose) = (store, time, purpose);
        _name = LockName.New(purpose, time.GetUtcNow());
        _text = MarkText.OfThisProcess(run, time.GetUtcNow());
        _lost = new(LostAfter, time);
        Lost = _lost.Token;
    }

    /// <summary>Cancelled when the lock could not be renewed in time, or another has it: whoever holds it must stop.</summary>
    public CancellationToken Lost { get; }

    /// <summary>The time by the store's own clock.</summary>
    public DateTimeOffset StoreTime => _mark!.Modified + _time.GetElapsedTime(_marked);

    /// <summary>Takes a lock.</summary>
    /// <param name="store">The repository's store.</param>
    /// <param name="purpose">Locks of the same purpose exclude each other, such as <see cref="Removal"/> or schedule-NAME.</param>
    /// <param name="run">What the holder does, for those who wait; null for nothing to tell.</param>
    /// <param name="patience">How long to wait for a holder.</param>
    /// <param name="time">Measures the waiting.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="RepositoryBusyException">Somebody else had it all that time.</exception>
    public static async Task<RepositoryLock> TakeAsync(
        IBlobStore store, string purpose, string? run, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var taken = new RepositoryLock(store, purpose, run, time);
            var won = false;
            try
            {
                var other = await taken.AskAsync(cancellationToken).ConfigureAwait(false);
                won = other is null && !taken.Lost.IsCancellationRequested;
                if (won)
                {
                    taken._renewal = Renewal.Begin(RenewEvery, taken.RenewAsync, time);
                    return taken;
                }

                if (other is { } holder && time.GetElapsedTime(started) >= (holder.Text.Held == true || patience > AskFor ? patience : AskFor))
                {
                    throw new RepositoryBusyException(store.Location, holder.Text.ToString(), holder.Text.Started);
                }
            }
            finally
            {
                if (!won)
                {
                    await taken.DisposeAsync().ConfigureAwait(false);
                }
            }

            // Unequal, so that two who met do not meet again.
            await Task.Delay(TimeSpan.FromMilliseconds(500 + Random.Shared.Next(2500)), time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lets go.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_renewal is not null)
        {
            await _renewal.DisposeAsync().ConfigureAwait(false);
        }

        await PendingMark.TryDeleteAsync(_store, _name, (_text with { Released = true }).ToJson()).ConfigureAwait(false);
        _lost.Dispose();
    }

    // Null where nobody else asks for it or has it.
    private async Task<(string Name, MarkText Text)?> AskAsync(CancellationToken cancellationToken)
    {
        await PutAsync(cancellationToken).ConfigureAwait(false);
        for (var buried = new HashSet<string>(StringComparer.Ordinal); ;)
        {
            var (live, dead) = await OthersAsync(cancellationToken).ConfigureAwait(false);
            foreach (var other in live)
            {
                if (await ReadAsync(other, cancellationToken).ConfigureAwait(false) is { Released: not true } text)
                {
                    return (other.Name, text);
                }
            }

            dead.RemoveAll(mark => buried.Contains(mark.Name));
            if (dead.Count == 0)
            {
                _text = _text with { Held = true, Started = _mark!.Modified };
                await PutAsync(cancellationToken).ConfigureAwait(false);
                return null;
            }

            // One that was only asleep may have written its mark again since: it must find ours, or we its.
            foreach (var other in dead)
            {
                await BuryAsync(other, cancellationToken).ConfigureAwait(false);
                buried.Add(other.Name);
            }
        }
    }

    private async Task BuryAsync(BlobInfo mark, CancellationToken cancellationToken)
    {
        try
        {
            await _store.DeleteAsync(mark.Name, cancellationToken).ConfigureAwait(false);
        }
        catch (BlobLockedException)
        {
            // A bucket that retains every object: it is dead all the same.
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await _store.FindAsync(_name, cancellationToken).ConfigureAwait(false) is null || await IsTakenAsync(cancellationToken).ConfigureAwait(false))
            {
                await _lost.CancelAsync().ConfigureAwait(false);
            }
        }
        catch (RecoveryException)
        {
            // The next minute may be better; if none is, the token is cancelled by its own time.
        }
    }

    private async Task<bool> IsTakenAsync(CancellationToken cancellationToken)
    {
        await PutAsync(cancellationToken).ConfigureAwait(false);
        for (var looked = _time.GetTimestamp(); ;)
        {
            var asking = false;
            foreach (var other in (await OthersAsync(cancellationToken).ConfigureAwait(false)).Live)
            {
                var text = await ReadAsync(other, cancellationToken).ConfigureAwait(false);
                if (text is { Held: true, Released: not true })
                {
                    return true;
                }

                asking |= text is { Released: not true };
            }

            // Who asks sees our mark and steps back, unless it thought us dead a moment ago: then its mark will say so.
            if (!asking || _time.GetElapsedTime(looked) > RenewEvery / 4)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromSeconds(1), _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task PutAsync(CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        _mark = await MarkAsync(cancellationToken).ConfigureAwait(false);
        _marked = _time.GetTimestamp();
        var left = LostAfter - _time.GetElapsedTime(began);
        if (left > TimeSpan.Zero && !_lost.IsCancellationRequested)
        {
            _lost.CancelAfter(left);
        }
    }

    private async Task<BlobInfo> MarkAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _store.PutAsync(_name, _text.ToJson(), new BlobPutOptions(), cancellationToken).ConfigureAwait(false);
        }
        catch (StoreFullException)
        {
            // Only what holds this lock can make room again. An empty mark takes none in most file systems, and others take it for a holder's.
            return await _store.PutAsync(_name, ReadOnlyMemory<byte>.Empty, new BlobPutOptions(), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(List<BlobInfo> Live, List<BlobInfo> Dead)> OthersAsync(CancellationToken cancellationToken)
    {
        var (live, dead) = (new List<BlobInfo>(), new List<BlobInfo>());
        await foreach (var mark in _store.ListAsync(LockName.Prefix(_purpose), cancellationToken).ConfigureAwait(false))
        {
            if (mark.Name != _name && LockName.IsOf(mark.Name, _purpose))
            {
                (_mark!.Modified - mark.Modified < DeadAfter ? live : dead).Add(mark);
            }
        }

        return (live, dead);
    }

    // Null where it is gone.
    private async Task<MarkText?> ReadAsync(BlobInfo mark, CancellationToken cancellationToken)
    {
        try
        {
            var file = await _store.ReadAllAsync(mark.Name, cancellationToken).ConfigureAwait(false);
            return MarkText.TryRead(file) ?? new MarkText { Host = mark.Name, Pid = 0, Started = mark.Modified, Held = true };
        }
        catch (BlobNotFoundException)
        {
            return null;
        }
    }
}
