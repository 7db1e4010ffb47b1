using System.Collections.Concurrent;

namespace DrPowerShell.Etcd.Files;

/// <summary>
/// Large buffers from one use to the next. They are held weakly: whatever needs memory meanwhile has it, and a shell that backs up again and
/// again does not fill new ones before the old ones were collected.
/// </summary>
public static class IdleBuffers
{
    private static readonly ConcurrentDictionary<int, ConcurrentBag<WeakReference<byte[]>>> Idle = [];

    /// <summary>A buffer of just this size, with whatever is in it.</summary>
    public static byte[] Rent(int size)
    {
        while (Idle.TryGetValue(size, out var bag) && bag.TryTake(out var one))
        {
            if (one.TryGetTarget(out var buffer))
            {
                return buffer;
            }
        }

        return GC.AllocateUninitializedArray<byte>(size);
    }

    /// <summary>Takes a buffer back that nobody reads any more.</summary>
    public static void Return(byte[] buffer) => Idle.GetOrAdd(buffer.Length, static _ => []).Add(new(buffer));
}
