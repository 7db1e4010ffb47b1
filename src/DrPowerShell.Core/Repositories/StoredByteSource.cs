using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Repositories;

/// <summary>Random reads from an object in a store, each by a request of its own.</summary>
internal sealed class StoredByteSource(IBlobStore store, string name, long length, CancellationToken cancellationToken) : IByteSource
{
    private const int Tries = 5;

    public string Name => name;

    public long Length => length;

    public void ReadExactly(long offset, Span<byte> buffer)
    {
        if (offset < 0 || buffer.Length > length - offset)
        {
            throw new SnapshotReadFailedException(name, $"it ends before byte {offset + buffer.Length:N0}");
        }

        var bytes = FetchAsync(offset, buffer.Length).GetAwaiter().GetResult();
        bytes.CopyTo(buffer);
    }

    public void Dispose()
    {
    }

    private async Task<byte[]> FetchAsync(long offset, int count)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(count);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var source = await store.OpenReadAsync(name, offset, count, cancellationToken).ConfigureAwait(false);
                await using var end = source.ConfigureAwait(false);
                await source.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
                return bytes;
            }
            catch (EndOfStreamException)
            {
                throw new SnapshotReadFailedException(name, $"it ends before byte {offset + count:N0}");
            }
            catch (RecoveryException e) when (attempt < Tries && e.Kind is FailureKind.Unreachable or FailureKind.Timeout)
            {
                // The store itself has asked again already where no answer came; here a body broke off.
                await Task.Delay(TimeSpan.FromMilliseconds(100 << attempt), cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
