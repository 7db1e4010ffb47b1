using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Core.Tests.Restores;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Restores;

/// <summary>What looks like an outage from here may be none.</summary>
[Collection(FleetCollection.Name)]
public sealed class UnseenClusterTests
{
    [Fact]
    public async Task Members_that_run_and_do_not_answer_with_a_wrong_authority_are_not_restored_over()
    {
        await using var rig = new RestoreRig(new ServiceCluster(EtcdBinaries.V35, 1, tls: true));
        var cluster = rig.Cluster;
        await cluster.StartAsync();
        (await cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        (await cluster.EtcdctlAsync("snapshot", "save", cluster["s.db"])).ThrowIfFailed();
        var path = cluster.WriteEstate();
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path)).Replace(cluster.Certificates.AuthorityFile, cluster.Certificates.OtherAuthorityFile, StringComparison.Ordinal));
        var estate = EstateFile.Load(path);
        await using var world = new RestoreWorld(estate, "prod", new SecretReader(null), new RestoreWorldOptions { KeepDirectory = rig.Runs });

        var refused = await Assert.ThrowsAsync<ClusterNotSeenException>(() => new RestoreAssessor(estate, world).AssessAsync(
            new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(cluster["s.db"]) }, null, RestoreRig.Token));

        Assert.Contains("m1 of prod run", refused.Message, StringComparison.Ordinal);
        Assert.True(await cluster.IsRunningAsync("m1"));
    }
}
