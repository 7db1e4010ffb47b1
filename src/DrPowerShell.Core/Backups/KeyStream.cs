using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Core.Backups;

/// <summary>Lets the keys of a snapshot be compared with those of a live cluster, which arrive asynchronously.</summary>
public static class KeyStream
{
    /// <summary>The same keys, as an asynchronous stream.</summary>
    public static async IAsyncEnumerable<EtcdKeyValue> Of(IEnumerable<EtcdKeyValue> keys)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var key in keys)
        {
            yield return key;
        }
    }
}
