using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Retention;
using Xunit;

namespace DrPowerShell.Core.Tests.Retention;

public sealed class RetentionPlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 14, 5, 0, TimeSpan.Zero);

    [Fact]
    public void Each_backup_names_every_rule_that_keeps_it()
    {
        var plan = Plan(
            new() { Last = 1, Hourly = 2, Daily = 2, Weekly = 2, Monthly = 1, Yearly = 1, MinimumAge = TimeSpan.FromMinutes(10) },
            At("20261122T140000Z"), At("20261122T133000Z"), At("20261122T130000Z"), At("20261121T120000Z"), At("20261115T235900Z"), At("20251231T000000Z"));

        Assert.Equal(
            [
                "minimum age, last 1, hourly 2026-11-22T14+00:00, daily 2026-11-22, weekly 2026-W47, monthly 2026-11, yearly 2026, newest verified",
                "hourly 2026-11-22T13+00:00", "", "daily 2026-11-21", "weekly 2026-W46", "",
            ],
            plan.Decisions.Select(Text));
        Assert.Equal(["Keep", "Keep", "Remove", "Keep", "Keep", "Remove"], plan.Decisions.Select(d => d.Act));
    }

    [Fact]
    public void Without_any_rule_everything_stays() =>
        Assert.All(Plan(new(), At("20261122T140000Z"), At("20100101T000000Z")).Decisions, d => Assert.True(d.Keep));

    [Fact]
    public void The_newest_verified_one_stays_although_newer_unverified_ones_fill_the_rules() => Assert.Equal(
        ["last 1", "", "newest verified", ""],
        Plan(new() { Last = 1 }, At("20261122T140000Z", verified: false), At("20261122T130000Z", verified: false), At("20261122T120000Z"), At("20261122T110000Z")).Decisions.Select(Text));

    [Fact]
    public void A_place_is_never_left_without_any() => Assert.Equal(
        ["only one in dc2", "", ""],
        Plan(new() { MinimumAge = TimeSpan.FromDays(1) }, At("20250103T000000Z", verified: false), At("20250102T000000Z", verified: false), At("20250101T000000Z", verified: false)).Decisions.Select(Text));

    [Fact]
    public void A_locked_one_stays_until_its_lock_ends() => Assert.Equal(
        ["last 1, newest verified", "locked until 2026-11-22 14:05:01Z", ""],
        Plan(new() { Last = 1 },
            At("20261122T140000Z"), At("20261122T130000Z") with { LockedUntil = Now.AddSeconds(1) }, At("20261122T120000Z") with { LockedUntil = Now }).Decisions.Select(Text));

    [Fact]
    public void Damaged_ones_and_ones_from_the_future_stay_and_push_nothing_out() => Assert.Equal(
        ["its time is yet to come", "manifest damaged", "last 1, newest verified, only one in dc2", ""],
        Plan(new() { Last = 1 },
            At("20311122T140000Z"), At("20261122T140000Z") with { Unusable = "manifest damaged" }, At("20261122T130000Z"), At("20261122T120000Z"))
            .Decisions.Select(Text));

    [Theory]
    [InlineData(1_000_000, 4999L, 10_000L, "keys")]
    [InlineData(499_999, 10_000L, 10_000L, "bytes")]
    [InlineData(499_999, null, null, "bytes")]
    public void An_emptied_cluster_stops_retention_until_somebody_says_that_it_was_meant(long bytes, long? keys, long? keysBefore, string measure)
    {
        RetentionCandidate[] backups =
        [
            At("20261122T140000Z") with { Bytes = bytes, Keys = keys }, At("20261122T130000Z") with { Bytes = 1_000_000, Keys = keysBefore }, At("20261122T120000Z"),
        ];

        var plan = Plan(new() { Last = 1 }, backups);

        Assert.Contains(measure, plan.Shrink!.Message, StringComparison.Ordinal);
        Assert.Equal((backups[0].Id, backups[1].Id), (plan.Shrink.Newest, plan.Shrink.Before));
        Assert.Null(Plan(new() { Last = 1, LargestShrink = 1 }, backups).Shrink);
        var accepted = RetentionPlanner.Plan("offsite", "dc2", "prod", backups, new() { Last = 1 }, Now, acceptShrink: true);
        Assert.Null(accepted.Shrink);
        Assert.False(accepted.Decisions[1].Keep);
    }

    [Fact]
    public void A_shrink_of_half_is_none() => Assert.Null(
        Plan(new() { Last = 1 }, At("20261122T140000Z") with { Bytes = 500_000, Keys = 5000 }, At("20261122T130000Z") with { Bytes = 1_000_000, Keys = 10_000 }).Shrink);

    [Fact]
    public void An_emptied_cluster_that_is_backed_up_again_and_again_does_not_push_out_the_last_good_one()
    {
        var small = Enumerable.Range(1, 5).Select(n => At($"20261122T1{n}0000Z") with { Bytes = 10_000, Keys = 3 });

        var plan = Plan(new() { Last = 2 }, [.. small.Reverse(), At("20261122T100000Z"), At("20261122T090000Z")]);

        Assert.Null(plan.Shrink);
        Assert.Equal(["last 2, newest verified", "last 2", "", "", "", "last before it shrank", ""], plan.Decisions.Select(Text));
    }

    [Fact]
    public void Days_begin_at_the_zones_midnight()
    {
        var policy = new RetentionPolicy { Daily = 5, TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") };
        // Summer time until 25 October 2026: midnight is 22:00 UTC before, 23:00 after.
        var plan = Plan(policy, At("20261025T230000Z"), At("20261025T225900Z"), At("20261024T220000Z"), At("20261024T215900Z"));
        Assert.Equal(["daily 2026-10-26, newest verified", "daily 2026-10-25", "", "daily 2026-10-24"], plan.Decisions.Select(Text));
    }

    [Fact]
    public void An_hour_that_the_clocks_go_through_twice_is_two()
    {
        var policy = new RetentionPolicy { Hourly = 9, TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") };
        var plan = Plan(policy, At("20261025T013000Z"), At("20261025T010000Z"), At("20261025T003000Z"));
        Assert.Equal(["hourly 2026-10-25T02+01:00, newest verified", "", "hourly 2026-10-25T02+02:00"], plan.Decisions.Select(Text));
    }

    private static RetentionPlan Plan(RetentionPolicy policy, params RetentionCandidate[] backups) =>
        RetentionPlanner.Plan("offsite", "dc2", "prod", Enumerable.Reverse(backups), policy, Now, acceptShrink: false);

    private static RetentionCandidate At(string time, bool verified = true) =>
        new(BackupId.Parse($"prod-{time}-0000")) { IsVerified = verified, Bytes = 1_000_000, Keys = 10_000 };

    private static string Text(RetentionDecision decision) => string.Join(", ", decision.Rules);
}
