using System.Globalization;

namespace DrPowerShell.Core.Retention;

/// <summary>Decides which backups of a cluster stay in a repository; touches nothing.</summary>
/// <remarks>
/// Whatever the policy says, these stay: the newest verified backup, the newest of all where otherwise none would be left in the place, locked
/// ones, those that cannot be judged (damaged, not trusted, from the future), and the last one before the cluster shrank.
/// </remarks>
public static class RetentionPlanner
{
    // A machine's clock may be that far ahead of the store's; a backup further ahead would push out good ones for as long as it is.
    private static readonly TimeSpan ClockSlack = TimeSpan.FromHours(1);

    /// <summary>Decides.</summary>
    /// <param name="repository">The repository's name, for the decisions.</param>
    /// <param name="place">What the repository's place is called.</param>
    /// <param name="cluster">The cluster that all the backups are of.</param>
    /// <param name="backups">What there is, in any order.</param>
    /// <param name="policy">What is to stay.</param>
    /// <param name="now">The time, best by the store's own clock.</param>
    /// <param name="acceptShrink">Whether a shrink is known and meant.</param>
    public static RetentionPlan Plan(
        string repository, string place, string cluster, IEnumerable<RetentionCandidate> backups, RetentionPolicy policy, DateTimeOffset now, bool acceptShrink)
    {
        var all = backups.OrderByDescending(b => b.Time).ThenBy(b => b.Id.Suffix, StringComparer.Ordinal).ToList();
        var rules = all.ToDictionary(b => b.Id, b => Given(b, policy, now));
        var usable = all.Where(b => rules[b.Id].Unusable is null).ToList();
        var keep = new Keeper(rules.ToDictionary(r => r.Key, r => r.Value.Rules), usable, policy.TimeZone);
        if (policy.IsEmpty)
        {
            keep.All("no rule lets anything go");
        }

        keep.Newest(policy.Last, string.Create(CultureInfo.InvariantCulture, $"last {policy.Last}"));
        keep.NewestOfEach(policy.Hourly, RetentionPeriod.Hour);
        keep.NewestOfEach(policy.Daily, RetentionPeriod.Day);
        keep.NewestOfEach(policy.Weekly, RetentionPeriod.Week);
        keep.NewestOfEach(policy.Monthly, RetentionPeriod.Month);
        keep.NewestOfEach(policy.Yearly, RetentionPeriod.Year);
        keep.First(b => b.IsVerified, "newest verified");
        var shrink = acceptShrink ? null : Shrink(usable, policy);
        if (!acceptShrink && usable is [var newest, ..])
        {
            keep.First(b => Lost(newest, b, policy) is not null, "last before it shrank");
        }

        keep.LastInPlace("only one in " + place);
        return new(cluster, [.. all.Select(b => new RetentionDecision { Backup = b.Id, Time = b.Time, Repository = repository, Size = b.Bytes, Rules = keep[b] })], shrink);
    }

    private static (List<string> Rules, string? Unusable) Given(RetentionCandidate backup, RetentionPolicy policy, DateTimeOffset now)
    {
        var rules = new List<string>();
        var unusable = backup.Unusable ?? (backup.Time > now + ClockSlack ? "its time is yet to come" : null);
        if (unusable is not null)
        {
            rules.Add(unusable);
        }

        if (backup.LockedUntil is { } until && until > now)
        {
            rules.Add(string.Create(CultureInfo.InvariantCulture, $"locked until {until.ToUniversalTime():u}"));
        }

        if (policy.MinimumAge > TimeSpan.Zero && backup.Time > now - policy.MinimumAge)
        {
            rules.Add("minimum age");
        }

        return (rules, unusable);
    }

    private static SuspiciousShrinkException? Shrink(List<RetentionCandidate> usable, RetentionPolicy policy) =>
        usable is [var newest, var before, ..] && Lost(newest, before, policy) is var (measure, now, then) ? new(newest.Id, before.Id, measure, now, then) : null;

    // What one backup holds far less of than another; null where it does not.
    private static (string Measure, long Now, long Then)? Lost(RetentionCandidate newest, RetentionCandidate other, RetentionPolicy policy)
    {
        var least = 1 - policy.LargestShrink;
        return newest.Keys is { } keys && other.Keys is { } held && keys < held * least ? ("keys", keys, held)
            : newest.Bytes < other.Bytes * least ? ("bytes", newest.Bytes, other.Bytes)
            : null;
    }

    private sealed class Keeper(Dictionary<Repositories.BackupId, List<string>> rules, List<RetentionCandidate> usable, TimeZoneInfo zone)
    {
        private readonly List<DateTimeOffset> _local = [.. usable.Select(b => TimeZoneInfo.ConvertTime(b.Time, zone))];

        public IReadOnlyList<string> this[RetentionCandidate backup] => rules[backup.Id];

        public void All(string rule) => Newest(usable.Count, rule);

        public void Newest(int count, string rule)
        {
            foreach (var backup in usable.Take(count))
            {
                rules[backup.Id].Add(rule);
            }
        }

        public void NewestOfEach(int count, RetentionPeriod period)
        {
            var seen = new HashSet<long>();
            for (var i = 0; i < usable.Count && seen.Count < count; i++)
            {
                if (seen.Add(period.Key(_local[i])))
                {
                    rules[usable[i].Id].Add($"{period.Rule} {period.Name(_local[i])}");
                }
            }
        }

        public void First(Predicate<RetentionCandidate> which, string rule)
        {
            if (usable.Find(which) is { } backup)
            {
                rules[backup.Id].Add(rule);
            }
        }

        public void LastInPlace(string rule)
        {
            var kept = usable.Where(b => rules[b.Id].Count > 0).Take(2).ToList();
            if (kept.Count < 2 && (kept.Count == 1 ? kept[0] : usable.FirstOrDefault()) is { } only)
            {
                rules[only.Id].Add(rule);
            }
        }
    }
}
