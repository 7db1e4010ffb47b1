using System.Globalization;
using DrPowerShell.CrashHost;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;

// Restores a snapshot, or writes one as a backup does, and dies of SIGKILL right before a step, as a machine's process may at any moment:
// SNAPSHOT STEP plain|compact INITIAL-CLUSTER DATA-DIRECTORY (with {member}), or SNAPSHOT STEP backup FILE, or cluster and what RestoreCrash says.
// Ends with 0 where there is no such step.
if (args[0] == "cluster")
{
    return await RestoreCrash.RunAsync(args[1..]);
}

var step = int.Parse(args[1], CultureInfo.InvariantCulture);
var files = new SteppedFiles((n, _) =>
{
    if (n == step)
    {
        Signals.KillSelf();
    }
});
if (args[2] == "backup")
{
    await using var writer = SnapshotFileWriter.Begin(args[3], files);
    await writer.AppendAsync(await File.ReadAllBytesAsync(args[0]), CancellationToken.None);
    await writer.CompleteAsync();
    writer.Publish();
    return 0;
}

var topology = ClusterTopology.Parse(args[3]);
var options = new RestoreOptions
{
    Topology = topology,
    Targets = [.. topology.Members.Select(m => new RestoreTarget(m.Name, args[4].Replace("{member}", m.Name, StringComparison.Ordinal)))],
    Compact = args[2] == "compact",
    RevisionBump = 1000,
};
await new SnapshotRestorer(files).RestoreAsync(args[0], options, null, CancellationToken.None);
return 0;
