using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Locking;

/// <summary>Says in the repository that a backup is under way, so that nobody collects what it has stored so far: <c>CLUSTER/ID.pending</c>.</summary>
/// <remarks>
/// Set before the first object, renewed every five minutes, removed when it is disposed: after the manifest was written, or when the backup has
/// failed and has removed what it stored. A killed process leaves it; <see cref="Collecting.RepositoryCollector"/> waits until it is a day old.
/// </remarks>
public sealed class PendingMark : IAsyncDisposable
{
    private static readonly TimeSpan RenewEvery = TimeSpan.FromMinutes(5);

    private readonly IBlobStore _store;
    private readonly string _name;
    private readonly Renewal _renewal;

    private PendingMark(IBlobStore store, string name, byte[] text, TimeProvider time)
    {
        (_store, _name) = (store, name);
        _renewal = Renewal.Begin(RenewEvery, token => RenewAsync(text, token), time);
    }

    /// <summary>Sets the mark of a backup.</summary>
    public static async Task<PendingMark> SetAsync(IBlobStore store, BackupId id, TimeProvider time, CancellationToken cancellationToken)
    {
        var (name, text) = (BackupNames.Pending(id), MarkText.OfThisProcess(run: null, time.GetUtcNow()).ToJson());
        await store.PutAsync(name, text, new BlobPutOptions(), cancellationToken).ConfigureAwait(false);
        return new(store, name, text, time);
    }

    /// <summary>Removes the mark. That it could not be removed is no error: it is collected when it is old.</summary>
    public async ValueTask DisposeAsync()
    {
        await _renewal.DisposeAsync().ConfigureAwait(false);
        await TryDeleteAsync(_store, _name).ConfigureAwait(false);
    }

    // Also where the work was cancelled: so not by its token, and not for long.
    internal static async Task TryDeleteAsync(IBlobStore store, string name, byte[]? released = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            try
            {
                await store.DeleteAsync(name, patience.Token).ConfigureAwait(false);
            }
            catch (BlobLockedException) when (released is not null)
            {
                // A bucket that retains every object: the newest version says that the mark is void.
                await store.PutAsync(name, released, new BlobPutOptions(), patience.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is RecoveryException or OperationCanceledException)
        {
            // It counts as dead once it is no longer renewed.
        }
    }

    private async Task RenewAsync(byte[] text, CancellationToken cancellationToken)
    {
        try
        {
            await _store.PutAsync(_name, text, new BlobPutOptions(), cancellationToken).ConfigureAwait(false);
        }
        catch (RecoveryException)
        {
            // Two hundred further attempts follow before the mark is a day old.
        }
    }
}
