using System.Runtime.CompilerServices;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Core.Clusters;

/// <summary>What to read of a range of keys.</summary>
public sealed record KeyReadOptions
{
    /// <summary>The main revision to read at; 0 for the newest when the reading begins.</summary>
    public long Revision { get; init; }

    /// <summary>How many keys at most; 0 for all.</summary>
    public long First { get; init; }

    /// <summary>Leave the values out.</summary>
    public bool KeysOnly { get; init; }

    /// <summary>The one member to read from, without a quorum: what it has; null for any, through the quorum.</summary>
    public Uri? Survivor { get; init; }
}

/// <summary>Reads ranges of any size from a live cluster, page by page at one revision, so that what comes out existed at one moment.</summary>
public static class ClusterKeyReader
{
    private const int FirstPage = 100;
    private const int LargestPage = 5000;
    private const long WantedPageBytes = 2 << 20;

    /// <summary>The keys in byte order. Memory is bounded by a page of some megabytes.</summary>
    /// <exception cref="Errors.EtcdRevisionCompactedException">The revision was compacted, before or while it was read.</exception>
    public static async IAsyncEnumerable<EtcdKeyValue> ReadAsync(
        IEtcdCluster cluster, EtcdKeyRange range, KeyReadOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var revision = options.Revision;
        var left = options.First > 0 ? options.First : long.MaxValue;
        var limit = FirstPage;
        while (true)
        {
            var request = new EtcdRangeRequest(range)
            {
                Revision = revision,
                KeysOnly = options.KeysOnly,
                Limit = (int)Math.Min(limit, left),
                Endpoint = options.Survivor,
                Serializable = options.Survivor is not null,
            };
            var page = await cluster.RangeAsync(request, cancellationToken).ConfigureAwait(false);
            // The first page's revision holds for all the others, whatever is written meanwhile.
            revision = page.Revision;
            foreach (var item in page.Items)
            {
                yield return item;
            }

            left -= page.Items.Count;
            if (!page.More || left <= 0 || page.Items.Count == 0)
            {
                yield break;
            }

            range = range.StartingAfter(page.Items[^1].KeyBytes);
            limit = NextLimit(page.Items);
        }
    }

    /// <summary>How many keys a range holds now, and at which revision that was.</summary>
    public static async Task<(long Count, long Revision)> CountAsync(IEtcdCluster cluster, EtcdKeyRange range, CancellationToken cancellationToken)
    {
        var page = await cluster.RangeAsync(new(range) { KeysOnly = true, Limit = 1 }, cancellationToken).ConfigureAwait(false);
        return (page.Count, page.Revision);
    }

    // Values may be 1.5 MB each or a few bytes: pages of a wanted size, not of a fixed count.
    private static int NextLimit(IReadOnlyList<EtcdKeyValue> items)
    {
        var bytes = items.Sum(item => (long)item.KeyBytes.Length + item.ValueBytes.Length);
        return (int)Math.Clamp(WantedPageBytes / Math.Max(1, bytes / items.Count), 1, LargestPage);
    }
}
