using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores;

/// <summary>A served cluster with what restores it: estate, world, journal.</summary>
internal sealed class RestoreRig : IAsyncDisposable
{
    private readonly List<RestoreWorld> worlds = [];
    private readonly IAsyncDisposable owner;

    public RestoreRig(ServiceCluster cluster) => owner = Cluster = cluster;

    public RestoreRig(Fleet fleet) => (owner, Cluster) = (fleet, fleet.Cluster);

    public ServiceCluster Cluster { get; }

    public string Runs => Cluster["runs"];

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public Estate Estate() => EstateFile.Load(Cluster.WriteEstate());

    public RestoreWorld World(RestoreWorldOptions? how = null)
    {
        var world = new RestoreWorld(Estate(), "prod", new SecretReader(null), how ?? new RestoreWorldOptions { KeepDirectory = Runs, WorkDirectory = Cluster["work"] });
        worlds.Add(world);
        return world;
    }

    public Task<RestorePlan> AssessAsync(RestoreRequest request, RestoreWorld? world = null) => new RestoreAssessor(Estate(), world ?? World()).AssessAsync(request, null, Token);

    public RunSession Session(IRunObserver? observer = null, string? runs = null) =>
        new(new RunKeeping { Folder = runs ?? Runs, Estate = Cluster["estate.yaml"] }, observer ?? new Silence());

    public async Task<RecoveryRun> RestoreAsync(RestoreRequest request, IRunObserver? observer = null)
    {
        var world = World();
        var plan = await AssessAsync(request, world);
        return await Session(observer).RunAsync(RunFolder.NewId("restore", DateTimeOffset.UtcNow), new RestoreRunbook(plan, world).Create(), Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var world in worlds)
        {
            await world.DisposeAsync();
        }

        await owner.DisposeAsync();
    }

    private sealed class Silence : IRunObserver
    {
        public void Began(RunbookStep step, int number, bool isUndo)
        {
        }

        public void Progressed(RunbookStep step, string text, double? fraction)
        {
        }

        public void Ended(RecoveryStepResult result) => TestContext.Current.SendDiagnosticMessage($"{result.Id} {result.Outcome} {result.Duration} {result.Text}");
    }
}
