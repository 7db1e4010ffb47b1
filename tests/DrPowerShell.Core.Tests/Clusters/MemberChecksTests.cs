using DrPowerShell.Core.Clusters;
using DrPowerShell.Etcd.Snapshots;
using Xunit;

namespace DrPowerShell.Core.Tests.Clusters;

public sealed class MemberChecksTests
{
    private const long Mebi = 1L << 20;

    [Fact]
    public void Members_in_step_give_no_finding() => Assert.Empty(Check(Member("m1"), Member("m2")));

    [Fact]
    public void A_log_that_is_behind_is_a_warning_from_the_first_entry_over_the_limit()
    {
        Assert.Empty(Check(Member("m1") with { RaftIndex = 2000, RaftAppliedIndex = 2000 }, Member("m2") with { RaftIndex = 1000 }));

        var finding = Assert.Single(Check(Member("m1") with { RaftIndex = 2001, RaftAppliedIndex = 2001 }, Member("m2") with { RaftIndex = 1000 }));

        Assert.Equal(("RaftLag", "m2", FindingSeverity.Warning), (finding.Code, finding.Member, finding.Severity));
    }

    [Fact]
    public void Entries_that_are_not_applied_yet_are_a_warning_and_a_server_that_does_not_say_gives_none()
    {
        var finding = Assert.Single(Check(Member("m1") with { RaftIndex = 5000, RaftAppliedIndex = 100 }));

        Assert.Equal("ApplyLag", finding.Code);
        Assert.Empty(Check(Member("m1") with { RaftIndex = 5000, RaftAppliedIndex = 0 }));
    }

    [Theory]
    [InlineData(79, null)]
    [InlineData(80, FindingSeverity.Warning)]
    [InlineData(95, FindingSeverity.Error)]
    public void The_quota_counts_from_its_limits_on(int percent, FindingSeverity? severity)
    {
        var findings = Check(Member("m1") with { DbSize = percent * Mebi, DbSizeInUse = percent * Mebi, DbSizeQuota = 100 * Mebi });

        Assert.Equal(severity, findings.SingleOrDefault()?.Severity);
        Assert.All(findings, finding => Assert.Equal("QuotaNearlyUsed", finding.Code));
    }

    [Fact]
    public void A_quota_that_the_server_does_not_tell_is_etcds_own_default_and_the_text_says_so()
    {
        var finding = Assert.Single(Check(Member("m1") with { DbSize = 1900 * Mebi, DbSizeInUse = 1900 * Mebi }));

        Assert.Contains("default", finding.Text, StringComparison.Ordinal);
        Assert.Empty(Check(new ClusterHealthOptions { QuotaBytes = 8192 * Mebi }, Member("m1") with { DbSize = 1900 * Mebi, DbSizeInUse = 1900 * Mebi }));
    }

    [Theory]
    [InlineData(100, 30, true)]
    [InlineData(100, 51, false)]
    [InlineData(60, 1, false)] // half empty, but small
    [InlineData(100, 0, false)] // the server does not say
    public void A_file_that_is_mostly_free_inside_is_a_warning_where_it_matters(long size, long inUse, bool found)
    {
        var findings = Check(Member("m1") with { DbSize = size * Mebi, DbSizeInUse = inUse * Mebi });

        Assert.Equal(found, findings.Any(finding => finding.Code == "Fragmented"));
    }

    [Fact]
    public void Members_that_do_not_answer_never_started_or_raised_an_alarm_are_errors()
    {
        var findings = Check(
            Member("m1") with { Alarms = [EtcdAlarmKind.NoSpace, EtcdAlarmKind.Corrupt] },
            Member("m2") with { IsReachable = false, Error = "It is down." },
            Member("") with { IsReachable = false });

        Assert.Equal(["AlarmCorrupt", "AlarmNoSpace", "MemberNotStarted", "MemberUnreachable"], findings.Select(finding => finding.Code).Order());
        Assert.All(findings, finding => Assert.Equal(FindingSeverity.Error, finding.Severity));
    }

    [Fact]
    public void Different_versions_are_a_warning()
    {
        var finding = Assert.Single(Check(Member("m1"), Member("m2") with { Version = "3.4.23" }));

        Assert.Equal("VersionsDiffer", finding.Code);
        Assert.Null(finding.Member);
    }

    private static List<EtcdClusterFinding> Check(params EtcdMemberInfo[] members) => Check(new ClusterHealthOptions(), members);

    private static List<EtcdClusterFinding> Check(ClusterHealthOptions options, params EtcdMemberInfo[] members)
    {
        var findings = new List<EtcdClusterFinding>();
        MemberChecks.Run(members, options, findings);
        return findings;
    }

    private static EtcdMemberInfo Member(string name) => new()
    {
        Name = name,
        Id = "1a",
        ClientUrls = [],
        PeerUrls = [],
        IsReachable = true,
        Version = "3.5.16",
        RaftIndex = 1000,
        RaftAppliedIndex = 1000,
        DbSize = 10 * Mebi,
        DbSizeInUse = 10 * Mebi,
    };
}
