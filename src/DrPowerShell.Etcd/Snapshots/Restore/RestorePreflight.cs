using System.Globalization;

namespace DrPowerShell.Etcd.Snapshots.Restore;

/// <summary>Refuses what the etcd that shall run on the restored directory would refuse, or die of, at its start.</summary>
internal static class RestorePreflight
{
    private static readonly Version V34 = new(3, 4), V35 = new(3, 5), V36 = new(3, 6);

    public static void Check(string path, SnapshotMetadata metadata, RestoreOptions options)
    {
        if (options.TargetVersion is not { } given)
        {
            return;
        }

        var target = new Version(given.Major, given.Minor);
        if (target < V34)
        {
            throw new EtcdVersionRefusedException(path, given, "versions before 3.4 are not supported.", "Restore for etcd 3.4 or newer.");
        }

        // server/etcdserver/version/downgrade.go MustDetectDowngrade: a panic.
        if (target >= V36 && Parse(metadata.ClusterVersion) is { } cluster && cluster > target)
        {
            throw Newer(path, given, $"the snapshot is of a {cluster.ToString(2)} cluster.");
        }

        if (Parse(metadata.StorageVersion) is { } storage)
        {
            // server/storage/schema/schema.go newPlan: an error.
            if (target >= V36 && storage > target)
            {
                throw Newer(path, given, $"its storage version is {storage.ToString(2)}.");
            }

            // 3.4.31 and later, mvcc/kvstore.go: a panic on any other storage version than 3.4 and 3.5.
            if (target == V34 && storage > V35)
            {
                throw Newer(path, given, $"its storage version is {storage.ToString(2)}, and 3.4 knows 3.4 and 3.5 only.");
            }
        }

        // server/etcdserver/api/membership/downgrade.go: fatal where the server is not of the version that is being downgraded to.
        if (target == V35 && !options.ClearDowngrade && metadata.DowngradeTarget is { } downgrade && Parse(downgrade) != target)
        {
            throw new EtcdVersionRefusedException(
                path, given, $"a downgrade to {downgrade} was under way when it was taken.", "Add -ClearDowngrade, or run the version that the downgrade led to.");
        }
    }

    private static EtcdVersionRefusedException Newer(string path, Version target, string reason) =>
        new(path, target, reason, "Run an etcd that is at least as new as the cluster that the snapshot was taken from.");

    private static Version? Parse(string? text) => Version.TryParse(text, out var version) ? new Version(version.Major, version.Minor) : null;

    /// <summary>Says how far the revision rises, checked against overflow.</summary>
    public static long CheckBump(long revision, long bump)
    {
        if (bump < 0)
        {
            throw new RevisionBumpInvalidException(bump, "it must not be negative");
        }

        // Room must be left for all the revisions that the cluster will ever make.
        if (bump > long.MaxValue / 2 - revision)
        {
            throw new RevisionBumpInvalidException(bump, string.Create(CultureInfo.InvariantCulture, $"the snapshot is at revision {revision:N0} already"));
        }

        return bump;
    }
}
