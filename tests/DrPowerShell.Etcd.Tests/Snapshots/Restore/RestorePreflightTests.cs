using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>Which etcd would refuse, or die of, what a database says of itself.</summary>
public sealed class RestorePreflightTests
{
    [Theory]
    // What runs: target, cluster version, storage version, downgrade target, cleared; refused?
    [InlineData("3.4", "3.4.0", null, null, false, false)]
    [InlineData("3.4", "3.5.0", null, null, false, false)]
    [InlineData("3.4", "3.5.0", "3.5.0", null, false, false)]
    [InlineData("3.4", "3.6.0", "3.6.0", null, false, true)]
    [InlineData("3.5", "3.4.0", null, null, false, false)]
    [InlineData("3.5", "3.6.0", "3.6.0", null, false, false)]
    [InlineData("3.5", "3.5.0", null, "3.4.0", false, true)]
    [InlineData("3.5", "3.5.0", null, "3.4.0", true, false)]
    [InlineData("3.5", "3.6.0", null, "3.5.0", false, false)]
    [InlineData("3.6", "3.5.0", null, null, false, false)]
    [InlineData("3.6", "3.6.0", "3.6.0", null, false, false)]
    [InlineData("3.6", "3.7.0", "3.6.0", null, false, true)]
    [InlineData("3.6", "3.6.0", "3.7.0", null, false, true)]
    [InlineData("3.7", "3.6.0", "3.6.0", null, false, false)]
    [InlineData("3.3", "3.3.0", null, null, false, true)]
    [InlineData("3.10", "3.9.0", "3.9.0", null, false, false)]
    [InlineData("3.6", "nonsense", "", null, false, false)]
    public void A_target_version_is_refused_where_that_etcd_would_not_start(
        string target, string? cluster, string? storage, string? downgrade, bool cleared, bool refused)
    {
        var metadata = new SnapshotMetadata
        {
            PageSize = 4096,
            TransactionId = 7,
            ImageSize = 4096 * 10,
            Revision = 5,
            Members = [],
            ClusterVersion = cluster,
            StorageVersion = storage,
            DowngradeTarget = downgrade,
        };
        var options = RestorePlans.Options(RestorePlans.OneMember, "/nowhere") with { TargetVersion = Version.Parse(target), ClearDowngrade = cleared };
        var error = Record.Exception(() => RestorePreflight.Check("file.db", metadata, options));
        if (refused)
        {
            Assert.Equal("file.db", Assert.IsType<EtcdVersionRefusedException>(error).Subject);
        }
        else
        {
            Assert.Null(error);
        }

        // A patch version changes nothing, and no version asks for no check.
        Assert.Equal(error?.GetType(), Record.Exception(() => RestorePreflight.Check("file.db", metadata, options with { TargetVersion = Version.Parse(target + ".9") }))?.GetType());
        RestorePreflight.Check("file.db", metadata, options with { TargetVersion = null });
    }
}
