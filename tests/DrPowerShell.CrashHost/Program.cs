using System.Globalization;
using DrPowerShell.CrashHost;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots.Restore;

// Restores a snapshot and dies of SIGKILL right before a step, as a machine's process may at any moment:
// SNAPSHOT STEP plain|compact INITIAL-CLUSTER DATA-DIRECTORY (with {member}). Ends with 0 where there is no such step.
var topology = ClusterTopology.Parse(args[3]);
var step = int.Parse(args[1], CultureInfo.InvariantCulture);
var options = new RestoreOptions
{
    Topology = topology,
    Targets = [.. topology.Members.Select(m => new RestoreTarget(m.Name, args[4].Replace("{member}", m.Name, StringComparison.Ordinal)))],
    Compact = args[2] == "compact",
    RevisionBump = 1000,
};
var files = new SteppedFiles((n, _) =>
{
    if (n == step)
    {
        Signals.KillSelf();
    }
});
await new SnapshotRestorer(files).RestoreAsync(args[0], options, null, CancellationToken.None);
return 0;
