using DrPowerShell.Core.Sandboxes;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Core.Backups;

/// <summary>Builds a sandbox's data directories from a snapshot.</summary>
public static class SandboxRestore
{
    /// <summary>Restores every member of the plan. Authentication is switched off in the copy, so that the sandbox's own certificate opens it.</summary>
    /// <param name="source">The snapshot.</param>
    /// <param name="plan">The sandbox to be.</param>
    /// <param name="skipDigest">Whether the digest was checked already, or the file has none.</param>
    public static Task BuildAsync(FileByteSource source, EtcdSandboxPlan plan, bool skipDigest, CancellationToken cancellationToken)
    {
        var options = new RestoreOptions
        {
            Topology = ClusterTopology.Parse(plan.InitialCluster, plan.ClusterToken),
            Targets = [.. plan.Members.Select(m => new RestoreTarget(m.Name, m.DataDirectory))],
            DisableAuth = true,
            ClearAlarms = true,
            ClearDowngrade = true,
            SkipDigest = skipDigest,
            TargetVersion = plan.EtcdVersion,
        };
        return new SnapshotRestorer().RestoreAsync(source, options, null, cancellationToken);
    }
}
