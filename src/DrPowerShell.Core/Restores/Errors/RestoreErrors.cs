using System.Globalization;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Restores.Errors;

/// <summary>A majority of the members still forms a healthy cluster.</summary>
public sealed class ClusterHasQuorumException(string cluster, string what, string advice) : RecoveryException(FailureKind.Refused, cluster, what, advice)
{
    /// <summary>Makes the message.</summary>
    /// <param name="cluster">The estate's name.</param>
    /// <param name="healthy">The members that form the quorum.</param>
    /// <param name="failed">Those that do not answer.</param>
    /// <param name="revision">The newest revision.</param>
    /// <param name="snapshotRevision">The revision that would be restored; 0 where no snapshot was named.</param>
    public static ClusterHasQuorumException Of(string cluster, IReadOnlyList<string> healthy, IReadOnlyList<string> failed, long revision, long snapshotRevision)
    {
        var lost = snapshotRevision > 0 && revision > snapshotRevision
            ? string.Create(CultureInfo.InvariantCulture, $" Restoring this snapshot would lose {revision - snapshotRevision:N0} revision{(revision - snapshotRevision == 1 ? "" : "s")}.")
            : "";
        var what = string.Create(CultureInfo.InvariantCulture, $"{And(healthy)} still form{(healthy.Count == 1 ? "s" : "")} a healthy quorum at revision {revision:N0}.{lost}");
        var advice = failed.Count switch
        {
            0 => "Every member answers: there is nothing to restore.",
            1 => $"Bring back the one failed member instead: Restore-EtcdCluster -Cluster {cluster} -Member {failed[0]}.",
            _ => $"Bring back the failed members one by one instead: Restore-EtcdCluster -Cluster {cluster} -Member {failed[0]}.",
        };
        return new ClusterHasQuorumException(cluster, what, advice + " To restore a snapshot all the same, name what may be lost: -AcceptDataLoss 2h10m.");
    }

    private static string And(IReadOnlyList<string> names) => names.Count < 2 ? string.Join("", names) : string.Join(", ", names.Take(names.Count - 1)) + " and " + names[^1];
}

/// <summary>A majority of the members runs, and none of them answers here: others may be served.</summary>
public sealed class ClusterNotSeenException(string cluster, IReadOnlyList<string> running, string problem) : RecoveryException(
    FailureKind.Refused,
    cluster,
    running.Count == 1
        ? $"{running[0]} of {cluster} runs, and does not answer from here: {problem} Others may be served by it."
        : $"{string.Join(", ", running)} of {cluster} run, and none of them answers from here: {problem} Others may be served by them.",
    "Look at what keeps this machine from reaching them (addresses, certificates, user and password in the estate). If nobody is served, stop them first, or say that nothing need be kept: -AcceptDataLoss 0m.");

/// <summary>The cluster has no quorum, so no single member can be replaced in it.</summary>
public sealed class ClusterHasNoQuorumException(string cluster, string member, string reason) : RecoveryException(
    FailureKind.Refused, cluster, $"{member} cannot be replaced: {cluster} has no quorum. {reason}", $"Restore the whole cluster: Restore-EtcdCluster -Cluster {cluster}.");

/// <summary>The estate does not say which members the cluster has.</summary>
public sealed class ClusterMembersNotKnownException(string cluster) : RecoveryException(
    FailureKind.InvalidInput, cluster, $"The estate names no members of {cluster}.", $"Add clusters.{cluster}.members: each member's host, service and URLs.");

/// <summary>The cluster has no member of that name.</summary>
public sealed class MemberNotFoundException(string member, IReadOnlyCollection<string> known) : RecoveryException(
    FailureKind.NotFound, member, $"There is no member '{member}': the estate names {string.Join(", ", known)}.", "Check the name.");

/// <summary>What a member's machine says of it does not do for a restore.</summary>
public sealed class MemberNotRestorableException(string member, string reason, string advice) : RecoveryException(FailureKind.InvalidState, member, $"{member}: {reason}", advice);

/// <summary>One member is to be replaced, and all are to be others: one of the two.</summary>
public sealed class MemberOfOthersException(string cluster, string member) : RecoveryException(
    FailureKind.InvalidInput,
    member,
    $"{member} cannot be replaced alone while {cluster} is to have other members.",
    "Leave the member out to restore the whole cluster to the other members, or leave those out.");

/// <summary>A member of the old cluster cannot be proven down, and two clusters must never run.</summary>
public sealed class FormerMemberNotReachableException(string member, string host, Exception inner) : RecoveryException(
    FailureKind.Unreachable,
    host,
    $"{member} of the old cluster cannot be proven down: {inner.Message}",
    $"Bring {host} up. If the machine is gone for good, or cannot come back with etcd on it, take {member} out of the estate: then it is not looked for.",
    inner);

/// <summary>There is nothing to restore from.</summary>
public sealed class NoRestoreSourceException(string cluster, string tried) : RecoveryException(
    FailureKind.NotFound, cluster, $"Nothing was found that {cluster} could be restored from: {tried}", "Name a snapshot with -Snapshot, or with -Repository a repository that holds a backup of it.");

/// <summary>More would be lost than was accepted, or a loss was not named at all.</summary>
public sealed class DataLossNotAcceptedException(string cluster, string source, TimeSpan? loss, TimeSpan? accepted, string better) : RecoveryException(
    FailureKind.Refused, cluster, What(source, loss, accepted, better), Advice(loss, better))
{
    private static string What(string source, TimeSpan? loss, TimeSpan? accepted, string better)
    {
        var lost = loss is null ? "an unknown time" : Text(loss.Value);
        return accepted is null
            ? $"{source} is not the best source there is: {better} It would lose {lost}."
            : $"{source} would lose {lost}, and {Text(accepted.Value)} was accepted.";
    }

    private static string Advice(TimeSpan? loss, string better) =>
        $"{(better.Length > 0 ? "Leave the choice out to take the best source, or name" : "No better source is left. Name")} what may be lost: -AcceptDataLoss {Text(TimeSpan.FromMinutes(Math.Ceiling((loss ?? TimeSpan.FromDays(1)).TotalMinutes + 1)))}.";

    private static string Text(TimeSpan span) => string.Create(
        CultureInfo.InvariantCulture, $"{(span.TotalHours >= 1 ? $"{(int)span.TotalHours}h" : "")}{(span.TotalHours >= 1 ? $"{span.Minutes:00}m" : $"{(int)span.TotalMinutes}m{(span.TotalMinutes < 10 ? $"{span.Seconds:00}s" : "")}")}");
}

/// <summary>Another run works on a member's machine.</summary>
public sealed class HostLockedException(string host, string run, string owner, DateTimeOffset since) : RecoveryException(
    FailureKind.Busy,
    host,
    string.Create(CultureInfo.InvariantCulture, $"{host} is locked by {run} of {owner} since {since:yyyy-MM-dd HH:mm:ss} UTC."),
    $"Wait for it, or go on with it: Resume-RecoveryRun {run}. If nobody works on it any more: -BreakLock {run}.");

/// <summary>Another process works on the same run, or did when it was last heard of.</summary>
public sealed class HostLockedElsewhereException(string host, string run, string owner, DateTimeOffset since) : RecoveryException(
    FailureKind.Busy,
    host,
    string.Create(CultureInfo.InvariantCulture, $"{host} is locked for this very run, {run}, by another process of {owner} since {since:yyyy-MM-dd HH:mm:ss} UTC."),
    $"Let it end. If it does not live any more, which cannot be seen from here: -BreakLock {run}.");

/// <summary>A machine tells that the run has let clients in, and the journal that it is to be gone on with does not.</summary>
public sealed class HostPastPointOfNoReturnException(string host, string run, string owner) : RecoveryException(
    FailureKind.Refused,
    host,
    $"{host} says that {run} of {owner} has let clients in, and the journal here ends before that: what they wrote would be lost.",
    $"Get the run's folder from the machine of {owner}, or wait until its journal is in the repository; then: Resume-RecoveryRun {run}.");

/// <summary>The run had locked a machine, and the lock is gone.</summary>
public sealed class HostLockGoneException(string host, string run) : RecoveryException(
    FailureKind.Refused,
    host,
    $"{host} is not locked by {run} any more: another machine has ended the run, or another run has taken the lock over.",
    $"Look first what was done there since, with Get-RecoveryRun on the other machine or with -Repository. To go on with this run all the same: -BreakLock {run}.");

/// <summary>A machine is no longer as it was when the plan was made.</summary>
public sealed class HostChangedException(string host, string what) : RecoveryException(
    FailureKind.InvalidState, host, $"{host} has changed since the plan was made: {what}", "Make the plan anew, and have it approved again.");

/// <summary>A file system has not enough room for the new data beside the old.</summary>
public sealed class HostSpaceMissingException(string host, string path, long needed, long free) : RecoveryException(
    FailureKind.DiskFull,
    host,
    string.Create(CultureInfo.InvariantCulture, $"{host}: {path} needs {needed:N0} bytes beside the old data, and {free:N0} are free."),
    "Free space there, such as data directories that earlier runs parked (*.parked-RUN).");

/// <summary>The source's SHA-256 is not the one that the plan names.</summary>
public sealed class RestoreSourceChangedException(string source, string expected, string found) : RecoveryException(
    FailureKind.InvalidData, source, $"{source} has the SHA-256 {found}, and the plan was made for {expected}.", "Make the plan anew.");

/// <summary>The restored cluster is not as it was planned.</summary>
public sealed class RestoredClusterNotHealthyException(string cluster, string findings) : RecoveryException(
    FailureKind.InvalidState, cluster, $"The restored {cluster} is not healthy: {findings}", "Look at the members' logs.");

/// <summary>A folder for what a run builds is somebody else's, or a link.</summary>
public sealed class WorkFolderNotOwnException(string path) : RecoveryException(
    FailureKind.Security,
    path,
    $"{path} was there already, and is another user's or a link: what is put there could be exchanged.",
    "Find out who made it, and remove it; or name a folder of your own with -WorkDirectory.");
