using System.Runtime.CompilerServices;
using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Etcd.Snapshots;

/// <summary>What became of a key.</summary>
public enum KeyChange
{
    /// <summary>Only the difference side has it.</summary>
    Added,

    /// <summary>Only the reference side has it.</summary>
    Removed,

    /// <summary>Both have it, with other values or leases.</summary>
    Changed,
}

/// <summary>A key in which two stores differ.</summary>
public sealed record EtcdKeyDifference
{
    public required string Key { get; init; }

    public required KeyChange Change { get; init; }

    /// <summary>The revision of the key's last change on the reference side; null where it is not there.</summary>
    public long? ReferenceRevision => Reference?.ModRevision;

    /// <summary>The revision of the key's last change on the difference side; null where it is not there.</summary>
    public long? DifferenceRevision => Difference?.ModRevision;

    /// <summary>The key as the reference side has it.</summary>
    public EtcdKeyValue? Reference { get; init; }

    /// <summary>The key as the difference side has it.</summary>
    public EtcdKeyValue? Difference { get; init; }
}

/// <summary>Compares two streams of keys in byte order, holding one key of each.</summary>
public static class KeyComparison
{
    /// <summary>The keys in which the two differ, in byte order. A key written again with the same value and lease is no difference.</summary>
    public static async IAsyncEnumerable<EtcdKeyDifference> CompareAsync(
        IAsyncEnumerable<EtcdKeyValue> reference,
        IAsyncEnumerable<EtcdKeyValue> difference,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var left = reference.GetAsyncEnumerator(cancellationToken);
        await using var leftEnd = left.ConfigureAwait(false);
        var right = difference.GetAsyncEnumerator(cancellationToken);
        await using var rightEnd = right.ConfigureAwait(false);
        var hasLeft = await left.MoveNextAsync().ConfigureAwait(false);
        var hasRight = await right.MoveNextAsync().ConfigureAwait(false);
        while (hasLeft || hasRight)
        {
            var order = !hasLeft ? 1 : !hasRight ? -1 : KeyComparer.Instance.Compare(left.Current.KeyBytes, right.Current.KeyBytes);
            if (order < 0)
            {
                yield return new EtcdKeyDifference { Key = left.Current.Key, Change = KeyChange.Removed, Reference = left.Current };
            }
            else if (order > 0)
            {
                yield return new EtcdKeyDifference { Key = right.Current.Key, Change = KeyChange.Added, Difference = right.Current };
            }
            else if (left.Current.Lease != right.Current.Lease || !left.Current.ValueBytes.AsSpan().SequenceEqual(right.Current.ValueBytes))
            {
                yield return new EtcdKeyDifference { Key = left.Current.Key, Change = KeyChange.Changed, Reference = left.Current, Difference = right.Current };
            }

            hasLeft = order <= 0 ? await left.MoveNextAsync().ConfigureAwait(false) : hasLeft;
            hasRight = order >= 0 ? await right.MoveNextAsync().ConfigureAwait(false) : hasRight;
        }
    }
}
