using System.Globalization;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Retention;

/// <summary>The newest backup holds far less than the one before, so nothing is removed.</summary>
public sealed class SuspiciousShrinkException(BackupId newest, BackupId before, string measure, long now, long then) : RecoveryException(
    FailureKind.Refused,
    newest.ToString(),
    string.Create(CultureInfo.InvariantCulture, $"Nothing of {newest.Cluster} was removed: its newest backup {newest} holds {now:N0} {measure}, the one before, {before}, held {then:N0}."),
    "Find out whether the cluster lost data (Compare-EtcdSnapshot). Where the shrink was meant, run once with -AcceptShrink.")
{
    public BackupId Newest { get; } = newest;

    public BackupId Before { get; } = before;
}
