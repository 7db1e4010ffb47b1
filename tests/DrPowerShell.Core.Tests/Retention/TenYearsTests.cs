using System.Globalization;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Retention;
using Xunit;

namespace DrPowerShell.Core.Tests.Retention;

/// <summary>Ten years of hourly backups, retention applied again and again on what it left, after each backup or now and then, against a plain computation of what must stay.</summary>
public sealed class TenYearsTests
{
    private static readonly DateTimeOffset Start = new(2016, 11, 22, 0, 17, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset End = Start.AddYears(10);

    private static readonly RetentionPolicy Policy = new()
    {
        Last = 5, Hourly = 30, Daily = 14, Weekly = 8, Monthly = 18, Yearly = 7, MinimumAge = TimeSpan.FromHours(13),
    };

    [Theory]
    [InlineData("UTC", 1, 23)]
    [InlineData("Europe/Berlin", 2, 1)]
    [InlineData("America/New_York", 3, 23)]
    [InlineData("Australia/Lord_Howe", 4, 23)]
    public void What_stays_is_what_the_rules_say_at_every_time_of_ten_years(string zoneName, int seed, int longestGap)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
        var policy = Policy with { TimeZone = zone };
        var random = new Random(seed);
        var present = new List<Known>();
        var (nextRun, runs, removed) = (Start, 0, 0);
        for (var now = Start; now < End; now = now.AddHours(1))
        {
            present.Add(Known.New(now, zone, random));
            if (now < nextRun)
            {
                continue;
            }

            nextRun = now.AddHours(random.Next(1, longestGap + 1));
            runs++;
            var plan = RetentionPlanner.Plan("repo", "place", "prod", present.Select(k => k.Candidate), policy, now, acceptShrink: false);
            Assert.Null(plan.Shrink);
            var kept = plan.Decisions.Where(d => d.Keep).Select(d => d.Backup).ToHashSet();
            var expected = Reference(present, policy, now);
            if (!kept.SetEquals(expected))
            {
                Assert.Fail($"{zoneName}, {now:u}: only kept {string.Join(", ", kept.Except(expected))}; only expected {string.Join(", ", expected.Except(kept))}");
            }

            removed += present.RemoveAll(k => !kept.Contains(k.Candidate.Id));
        }

        var hours = (int)(End - Start).TotalHours;
        Assert.True(longestGap == 1 ? runs == hours : runs > 7_000, $"{runs} runs in {hours} hours");
        Assert.InRange(present.Count, 5 + 25, 400);
        Assert.Equal(10, (int)Math.Round((End - Start).TotalDays / 365.25));
        Assert.Equal(hours, removed + present.Count);
        Assert.Equal(policy.Yearly, present.Where(k => k.Candidate.Unusable is null).Select(k => k.Year).Distinct().Count());
    }

    // Nothing of the planner's: groups, and the newest of each.
    private static HashSet<BackupId> Reference(List<Known> present, RetentionPolicy policy, DateTimeOffset now)
    {
        var good = present.Where(k => k.Candidate.Unusable is null).ToList();
        var stay = present.Where(k => k.Candidate.Unusable is not null || k.Candidate.LockedUntil > now || now - k.Candidate.Id.Time < policy.MinimumAge).ToList();
        stay.AddRange(good.OrderBy(k => k.Candidate.Id.Time).TakeLast(policy.Last));
        stay.AddRange(Newest(good, k => k.Hour, policy.Hourly));
        stay.AddRange(Newest(good, k => k.Day, policy.Daily));
        stay.AddRange(Newest(good, k => k.Monday, policy.Weekly));
        stay.AddRange(Newest(good, k => k.Month, policy.Monthly));
        stay.AddRange(Newest(good, k => k.Year, policy.Yearly));
        if (good.Where(k => k.Candidate.IsVerified).MaxBy(k => k.Candidate.Id.Time) is { } verified)
        {
            stay.Add(verified);
        }

        return [.. stay.Select(k => k.Candidate.Id)];
    }

    private static IEnumerable<Known> Newest<T>(List<Known> backups, Func<Known, T> period, int count) where T : notnull
    {
        var newest = new Dictionary<T, Known>(count);
        foreach (var backup in backups)
        {
            var key = period(backup);
            if (!newest.TryGetValue(key, out var other) || other.Candidate.Id.Time < backup.Candidate.Id.Time)
            {
                newest[key] = backup;
            }
        }

        return newest.Values.OrderByDescending(k => k.Candidate.Id.Time).Take(count);
    }

    private sealed record Known(RetentionCandidate Candidate, string Hour, DateOnly Day, DateOnly Monday, (int, int) Month, int Year)
    {
        public static Known New(DateTimeOffset time, TimeZoneInfo zone, Random random)
        {
            var offset = zone.GetUtcOffset(time.UtcDateTime);
            var local = time.UtcDateTime + offset;
            var day = DateOnly.FromDateTime(local);
            var candidate = new RetentionCandidate(BackupId.Parse($"prod-{time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}-{random.Next(65536):x4}"))
            {
                IsVerified = random.Next(4) > 0,
                LockedUntil = random.Next(500) == 0 ? time.AddDays(random.Next(1, 400)) : null,
                Unusable = random.Next(2000) == 0 ? "manifest damaged" : null,
                Bytes = 1_000_000 + random.Next(100_000),
                Keys = random.Next(3) == 0 ? null : 10_000 + random.Next(500),
            };
            return new(candidate, $"{local:yyyyMMddHH}{offset}", day, day.AddDays(-(((int)day.DayOfWeek + 6) % 7)), (day.Year, day.Month), day.Year);
        }
    }
}
