using System.Globalization;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Clusters;

/// <summary>What each member's own figures tell: reachable, in step, alarms, size against quota, fragmentation.</summary>
internal static class MemberChecks
{
    // Below this a half-empty file is of no interest.
    private const long LeastWasteBytes = 64L << 20;

    public static void Run(EtcdMemberInfo[] members, ClusterHealthOptions options, List<EtcdClusterFinding> findings)
    {
        var reachable = members.Where(member => member.IsReachable).ToArray();
        var newest = reachable.Select(member => member.RaftIndex).DefaultIfEmpty().Max();
        foreach (var member in members)
        {
            if (member.IsReachable)
            {
                Errors(member, findings);
                Gaps(member, newest, options, findings);
                Size(member, options, findings);
            }
            else if (member.Name.Length == 0)
            {
                Add(findings, FindingSeverity.Error, "MemberNotStarted", member,
                    "It was added to the member list and has never started; it counts for the quorum all the same. Start it, or remove it from the list.");
            }
            else
            {
                Add(findings, FindingSeverity.Error, "MemberUnreachable", member, $"{member.Error} Start it or repair the way to it.");
            }

            Alarms(member, findings);
        }

        var versions = reachable.Select(member => member.Version).Distinct(StringComparer.Ordinal).ToArray();
        if (versions.Length > 1)
        {
            findings.Add(new()
            {
                Severity = FindingSeverity.Warning,
                Code = "VersionsDiffer",
                Text = $"The members run different versions ({string.Join(", ", versions)}). Finish the upgrade.",
            });
        }
    }

    private static void Errors(EtcdMemberInfo member, List<EtcdClusterFinding> findings)
    {
        if (member.Error is not null && member.Alarms.Length == 0)
        {
            Add(findings, FindingSeverity.Warning, "MemberReportsError", member, $"It says: {member.Error}. Look at its log.");
        }
    }

    private static void Gaps(EtcdMemberInfo member, ulong newest, ClusterHealthOptions options, List<EtcdClusterFinding> findings)
    {
        var limit = (ulong)options.MaximumIndexGap;
        if (newest - member.RaftIndex > limit)
        {
            Add(findings, FindingSeverity.Warning, "RaftLag", member,
                $"Its log is {newest - member.RaftIndex} entries behind. Look at its disk and at the network to it.");
        }

        // 0: the server does not say (before 3.4).
        if (member.RaftAppliedIndex > 0 && member.RaftIndex > member.RaftAppliedIndex && member.RaftIndex - member.RaftAppliedIndex > limit)
        {
            Add(findings, FindingSeverity.Warning, "ApplyLag", member,
                $"It has yet to apply {member.RaftIndex - member.RaftAppliedIndex} entries of its log. Look at its disk.");
        }
    }

    private static void Size(EtcdMemberInfo member, ClusterHealthOptions options, List<EtcdClusterFinding> findings)
    {
        var quota = member.DbSizeQuota ?? options.QuotaBytes ?? ClusterHealthOptions.DefaultQuotaBytes;
        var assumed = member.DbSizeQuota is null && options.QuotaBytes is null ? ", etcd's default, taken for it because the member does not say" : "";
        var used = quota > 0 ? (double)member.DbSize / quota : 0;
        if (used >= options.QuotaWarning)
        {
            Add(findings, used >= options.QuotaError ? FindingSeverity.Error : FindingSeverity.Warning, "QuotaNearlyUsed", member,
                $"Its database of {Mebi(member.DbSize)} MiB uses {Percent(used)} of the quota ({Mebi(quota)} MiB{assumed}); at 100 % writes are refused. "
                + "Compact, defragment, or raise --quota-backend-bytes.");
        }

        var waste = member.DbSize - member.DbSizeInUse;
        if (member.Fragmentation >= options.MaximumFragmentation && waste >= LeastWasteBytes)
        {
            Add(findings, FindingSeverity.Warning, "Fragmented", member,
                $"{Percent(member.Fragmentation)} of its database file ({Mebi(waste)} MiB) is free inside. Defragment it, one member at a time.");
        }
    }

    private static void Alarms(EtcdMemberInfo member, List<EtcdClusterFinding> findings)
    {
        foreach (var alarm in member.Alarms)
        {
            var (code, text) = alarm switch
            {
                EtcdAlarmKind.NoSpace => ("AlarmNoSpace",
                    "It has raised NOSPACE: the cluster refuses writes. Compact, defragment every member, then disarm the alarm."),
                EtcdAlarmKind.Corrupt => ("AlarmCorrupt",
                    "It has raised CORRUPT: its data differs from the others'. Take a snapshot from a good member, then replace this one."),
                _ => ("AlarmUnknown", "It has raised an alarm that this version does not know. Look at its log."),
            };
            Add(findings, FindingSeverity.Error, code, member, text);
        }
    }

    private static void Add(List<EtcdClusterFinding> findings, FindingSeverity severity, string code, EtcdMemberInfo member, string text) =>
        findings.Add(new() { Severity = severity, Code = code, Member = member.ToString(), Text = text });

    private static string Mebi(long bytes) => (bytes >> 20).ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double part) => (part * 100).ToString("0", CultureInfo.InvariantCulture) + " %";
}
