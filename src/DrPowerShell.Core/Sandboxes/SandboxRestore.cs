using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Core.Sandboxes;

/// <summary>Fills a sandbox from a snapshot: every member's data directory from one read, with users and alarms left out of the copy.</summary>
public static class SandboxRestore
{
    /// <summary>The hook for <see cref="EtcdSandboxOptions.PrepareDataDirectories"/>.</summary>
    /// <param name="snapshotPath">The snapshot.</param>
    /// <param name="options">What is to differ from a plain restore; topology, targets and version come from the sandbox's plan.</param>
    /// <param name="progress">Told the bytes read.</param>
    public static Func<EtcdSandboxPlan, CancellationToken, Task> From(string snapshotPath, SandboxRestoreOptions options, IProgress<long>? progress) =>
        async (plan, cancellationToken) =>
        {
            var restore = new RestoreOptions
            {
                Topology = ClusterTopology.Parse(plan.InitialCluster, plan.ClusterToken),
                Targets = [.. plan.Members.Select(member => new RestoreTarget(member.Name, member.DataDirectory))],
                SkipDigest = options.SkipDigest,
                TargetVersion = new Version(plan.EtcdVersion.Major, plan.EtcdVersion.Minor),
                // A sandbox answers its owner, whoever the users of the real cluster are; alarms and downgrades are the real cluster's too.
                DisableAuth = true,
                ClearAlarms = true,
                ClearDowngrade = true,
            };
            await new SnapshotRestorer().RestoreAsync(snapshotPath, restore, progress, cancellationToken).ConfigureAwait(false);
        };
}

/// <summary>How a sandbox is filled from a snapshot.</summary>
public sealed record SandboxRestoreOptions
{
    /// <summary>Takes a file without a digest, a raw member/snap/db.</summary>
    public bool SkipDigest { get; init; }
}
