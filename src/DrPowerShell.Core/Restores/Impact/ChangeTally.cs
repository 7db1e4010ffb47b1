namespace DrPowerShell.Core.Restores.Impact;

/// <summary>Counts changes by group in bounded memory: where there are more groups than can be held, the small ones are summed up.</summary>
internal sealed class ChangeTally<TGroup>(int held)
    where TGroup : notnull
{
    private readonly Dictionary<TGroup, Counts> _groups = [];
    private Counts _other;

    /// <summary>Counts one change.</summary>
    public void Add(TGroup group, RestoreChange change)
    {
        if (!_groups.ContainsKey(group) && _groups.Count >= held)
        {
            // Keys come in order, so that a group is complete once others follow: what is let go is small for good, or nearly so.
            Fold(_groups.OrderBy(g => g.Value.Total).Take((held + 1) / 2));
        }

        _groups[group] = _groups.GetValueOrDefault(group).Plus(change);
    }

    /// <summary>The groups, the largest first, and what exceeds the limit; null where nothing does.</summary>
    public (IReadOnlyList<(TGroup Group, Counts Counts)> Rows, Counts? Other) Close(int limit, IComparer<TGroup> order)
    {
        Fold(_groups.OrderByDescending(g => g.Value.Total).ThenBy(g => g.Key, order).Skip(limit));
        return ([.. _groups.OrderByDescending(g => g.Value.Total).ThenBy(g => g.Key, order).Select(g => (g.Key, g.Value))], _other.Total > 0 ? _other : null);
    }

    private void Fold(IEnumerable<KeyValuePair<TGroup, Counts>> groups)
    {
        foreach (var (group, counts) in groups.ToList())
        {
            _other = _other.Plus(counts);
            _groups.Remove(group);
        }
    }
}

/// <summary>The changes of one group.</summary>
internal readonly record struct Counts(long Lost, long Back, long Reverted)
{
    public long Total => Lost + Back + Reverted;

    public Counts Plus(RestoreChange change) => change switch
    {
        RestoreChange.Lost => this with { Lost = Lost + 1 },
        RestoreChange.Back => this with { Back = Back + 1 },
        _ => this with { Reverted = Reverted + 1 },
    };

    public Counts Plus(Counts other) => new(Lost + other.Lost, Back + other.Back, Reverted + other.Reverted);
}
