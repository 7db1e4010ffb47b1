using DrPowerShell.Core.Kubernetes;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Restores.Impact;

/// <summary>Counts the differences between a snapshot (reference) and the present state (difference), one after the other.</summary>
/// <param name="options">How to measure.</param>
/// <param name="now">This moment: an object that names a later one has a clock of its own, and is no evidence.</param>
internal sealed class ImpactCount(RestoreImpactOptions options, DateTimeOffset now)
{
    /// <summary>What rows beyond the limit are called.</summary>
    public const string Other = "(other)";

    private const int GroupsHeld = 8192;
    private const int LongestPrefix = 256;

    private readonly ChangeTally<string> _prefixes = new(GroupsHeld);
    private readonly ChangeTally<(string Kind, string ApiGroup, string? Namespace)> _kinds = new(GroupsHeld);
    private readonly List<ObjectImpact> _objects = [];
    private Counts _keys;
    private long _objectCount;

    public Counts Keys => _keys;

    public IReadOnlyList<ObjectImpact> Objects => _objects;

    /// <summary>How many objects changed that are not in <see cref="Objects"/>.</summary>
    public long ObjectsLeftOut => _objectCount - _objects.Count;

    /// <summary>The newest moment that an object of the present state names as the time of a write; null where none does.</summary>
    public DateTimeOffset? NewestWrite { get; private set; }

    /// <summary>How many changed objects are encrypted.</summary>
    public long Encrypted { get; private set; }

    /// <summary>A key outside of the prefixes whose value is the API server's; null where there is none.</summary>
    public string? KeyOutside { get; private set; }

    public void Add(EtcdKeyDifference difference)
    {
        var change = difference.Change switch
        {
            KeyChange.Added => RestoreChange.Lost,
            KeyChange.Removed => RestoreChange.Back,
            _ => RestoreChange.Reverted,
        };
        _keys = _keys.Plus(change);
        var key = (difference.Difference ?? difference.Reference)!;
        var prefix = KeyPrefixCounter.PrefixOf(key.KeyBytes);
        _prefixes.Add(EtcdText.Show(prefix[..Math.Min(prefix.Length, LongestPrefix)]), change);
        foreach (var registry in options.KeyPrefixes)
        {
            if (KubernetesKey.TryRead(key.KeyBytes, registry, out var name))
            {
                Add(name, key, difference, change);
                return;
            }
        }

        KeyOutside ??= KubernetesObjectReader.IsKubernetes(key.ValueBytes) ? key.Key : null;
    }

    public IReadOnlyList<PrefixImpact> ByPrefix()
    {
        var (rows, other) = _prefixes.Close(options.RowLimit, StringComparer.Ordinal);
        return
        [
            .. rows.Select(r => new PrefixImpact(r.Group, r.Counts.Lost, r.Counts.Back, r.Counts.Reverted)),
            .. other is { } o ? [new PrefixImpact(Other, o.Lost, o.Back, o.Reverted)] : Array.Empty<PrefixImpact>(),
        ];
    }

    public IReadOnlyList<KindImpact> ByKind()
    {
        var order = Comparer<(string Kind, string ApiGroup, string? Namespace)>.Create((a, b) =>
            string.CompareOrdinal(a.Kind, b.Kind) is var kind and not 0 ? kind
            : string.CompareOrdinal(a.ApiGroup, b.ApiGroup) is var group and not 0 ? group
            : string.CompareOrdinal(a.Namespace, b.Namespace));
        var (rows, other) = _kinds.Close(options.RowLimit, order);
        return
        [
            .. rows.Select(r => new KindImpact(r.Group.Kind, r.Group.ApiGroup, r.Group.Namespace, r.Counts.Lost, r.Counts.Back, r.Counts.Reverted)),
            .. other is { } o ? [new KindImpact(Other, "", null, o.Lost, o.Back, o.Reverted)] : Array.Empty<KindImpact>(),
        ];
    }

    private void Add(in KubernetesKey name, EtcdKeyValue key, EtcdKeyDifference difference, RestoreChange change)
    {
        var stored = KubernetesObjectReader.Read(name, key.ValueBytes);
        if (difference.Difference is not null && stored.Written <= now && !(stored.Written <= NewestWrite))
        {
            NewestWrite = stored.Written;
        }

        if (name.Kind != KubernetesKeyKind.Object)
        {
            return;
        }

        Encrypted += stored.Encoding == KubernetesEncoding.Encrypted ? 1 : 0;
        _kinds.Add((stored.Kind, stored.ApiGroup, stored.Namespace), change);
        _objectCount++;
        if (_objects.Count < options.ObjectLimit)
        {
            _objects.Add(new ObjectImpact(stored.Kind, stored.ApiGroup, stored.Namespace, stored.Name, change)
            {
                Key = key.Key,
                Uid = stored.Uid,
                Created = stored.CreationTimestamp,
                IsTerminating = stored.DeletionTimestamp is not null,
                IsReplaced = change == RestoreChange.Reverted && KubernetesObjectReader.Read(name, difference.Reference!.ValueBytes).Uid is { } former
                    && stored.Uid is { } present && former != present,
            });
        }
    }
}
