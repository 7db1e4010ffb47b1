using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Tests.Restores;
using DrPowerShell.Providers.Tests.Sftp;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Restores;

/// <summary>A fleet that several tests break one after another; each leaves a healthy cluster. Started by the first of them.</summary>
public abstract class StandingFleet : IAsyncDisposable
{
    private RestoreRig? rig;

    internal RestoreRig Rig => rig ?? throw new InvalidOperationException("It was not started.");

    public Fleet Fleet { get; private set; } = null!;

    public ServiceCluster Cluster => Fleet.Cluster;

    protected abstract FleetKind Kind { get; }

    /// <summary>A restore of the snapshot that was taken at its start, with any loss accepted.</summary>
    internal RestoreRequest FromSnapshot => new() { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(Cluster["s.db"]), AcceptDataLoss = TimeSpan.FromDays(1) };

    /// <summary>Starts it, or proves that the test before has left it well.</summary>
    public async Task StartAsync()
    {
        Root.Require();
        if (rig is null)
        {
            Fleet = await Fleet.CreateAsync(Kind, EtcdBinaries.V35);
            rig = new RestoreRig(Fleet);
            await PrepareAsync();
            await Cluster.StartAsync();
            (await Cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
            await (await Cluster.OpenLoadAsync()).PutSequenceAsync(4000, valueSize: 5000);
            (await Cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(Cluster.Plan.Members[0].ClientUrl), "snapshot", "save", Cluster["s.db"])).ThrowIfFailed();
        }

        await AssertServesAsync();
    }

    /// <summary>All members run, and the quorum has what the snapshot had.</summary>
    public async Task AssertServesAsync()
    {
        foreach (var member in Cluster.Plan.Members)
        {
            Assert.True(await Cluster.IsRunningAsync(member.Name), $"{member.Name} runs");
        }

        await Eventually.IsTrueAsync(async () => (await Cluster.EtcdctlAsync("get", "/a")).Output.Contains("one", StringComparison.Ordinal), "the quorum answers", TimeSpan.FromMinutes(1));
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (rig is not null)
        {
            await rig.DisposeAsync();
        }
    }

    /// <summary>Before the members start for the first time.</summary>
    protected virtual Task PrepareAsync() => Task.CompletedTask;
}
