using System.Net;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Core.Tests.Restores;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Restores;

/// <summary>Three hosts behind SSH, each of another user who may do nothing else.</summary>
public sealed class UserFleet : StandingFleet
{
    protected override FleetKind Kind => FleetKind.Ssh;
}

/// <summary>What a living quorum is worth: nothing of it is lost unasked, and of two operators one works.</summary>
[Collection(FleetCollection.Name)]
public sealed class FleetQuorumTests(UserFleet fleet) : IClassFixture<UserFleet>
{
    // Several elections, on a machine that has other things to do.
    private static readonly TimeSpan LeaderChange = TimeSpan.FromSeconds(15);

    private ServiceCluster Cluster => fleet.Cluster;

    [Fact]
    public async Task A_lost_member_comes_back_over_ssh_while_the_others_go_on_serving_and_a_restore_of_all_is_refused()
    {
        await fleet.StartAsync();
        await Cluster.KillAsync("m2");
        var before = await fleet.Fleet.AttributesAsync("m2");
        Directory.Delete(Path.Combine(Cluster.Data("m2"), "member"), recursive: true);
        await Eventually.IsTrueAsync(async () => (await Cluster.EtcdctlAsync("put", "/b", "two")).ExitCode == 0, "the others have a leader");
        var others = (Pid("m1"), Pid("m3"));

        var refused = await Assert.ThrowsAsync<ClusterHasQuorumException>(() => fleet.Rig.AssessAsync(new RestoreRequest { Cluster = "prod" }));
        Assert.Contains("-Member m2", refused.RecommendedAction, StringComparison.Ordinal);
        using var writer = new SteadyWriter(Cluster, 0, 2);
        var run = await fleet.Rig.RestoreAsync(new RestoreRequest { Cluster = "prod", Member = "m2" });
        await writer.StopAsync();

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.True(run.IsSealed);
        Assert.Equal(others, (Pid("m1"), Pid("m3")));
        Assert.Equal(before, await fleet.Fleet.AttributesAsync("m2"));
        Assert.InRange(writer.LongestPause, TimeSpan.Zero, LeaderChange);
        Assert.NotEmpty(writer.Acknowledged);
        Assert.Empty(writer.Acknowledged.Except(await KeysAsync("m2", "/steady/")));
        await fleet.AssertServesAsync();
    }

    [Fact]
    public async Task With_two_hosts_lost_all_that_the_survivor_had_is_there_and_what_it_may_lack_is_told()
    {
        await fleet.StartAsync();
        using var writer = new SteadyWriter(Cluster, 0, 1, 2);
        await Eventually.IsTrueAsync(() => writer.Acknowledged.Count > 20, "some writes are acknowledged");
        await Cluster.KillAsync("m1", "m3");
        await writer.StopAsync();
        Directory.Delete(Path.Combine(Cluster.Data("m1"), "member"), recursive: true);
        File.WriteAllBytes(Path.Combine(Cluster.Data("m3"), "member", "snap", "db"), new byte[8192]);
        var had = await KeysAsync("m2", "/");

        var plan = await fleet.Rig.AssessAsync(new RestoreRequest { Cluster = "prod" });
        var run = await fleet.Rig.RestoreAsync(new RestoreRequest { Cluster = "prod" });

        Assert.Equal((RestoreSourceKind.Survivor, "m2"), (plan.Source!.Kind, plan.Source.Member));
        Assert.Equal(RunResult.Healthy, run.Result);
        var lack = run.Findings.Single(finding => finding.Code == "SurvivorMayLack");
        Assert.Contains("What m1, m3 acknowledged without it", lack.Text, StringComparison.Ordinal);
        Assert.Contains(lack.Text, WebUtility.HtmlDecode(File.ReadAllText(run.Report!)), StringComparison.Ordinal);
        Assert.Equal(had, await KeysAsync("m1", "/"));
        Assert.Equal(had, await KeysAsync("m3", "/"));
        await fleet.AssertServesAsync();
    }

    [Fact]
    public async Task The_second_operator_is_told_who_works_and_whose_lock_is_taken_over_touches_nothing_any_more()
    {
        await fleet.StartAsync();
        var (reached, released) = (new TaskCompletionSource(), new TaskCompletionSource());
        var (ann, bob) = (Id("0001"), Id("0002"));
        var plan = await fleet.Rig.AssessAsync(fleet.FromSnapshot);
        var first = RunAsync(ann, plan, fleet.Rig.World(), "runs-ann", new StepWatch("note-cluster", () =>
        {
            reached.SetResult();
            return released.Task;
        }));
        await reached.Task.WaitAsync(TimeSpan.FromMinutes(2));

        var refused = await Assert.ThrowsAsync<HostLockedException>(() => RunAsync(bob, plan, World("bob"), "runs-bob"));
        Assert.Contains($"locked by {ann} of {RunSession.Here} since 20", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"-BreakLock {ann}", refused.RecommendedAction, StringComparison.Ordinal);
        Assert.All(plan.Members, member => Assert.Contains(ann, File.ReadAllText(member.LockFile), StringComparison.Ordinal));

        var run = await RunAsync(Id("0003"), plan, World("bob", ann), "runs-bob");
        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.Contains(run.Steps, step => step is { Phase: RecoveryPhase.Protect, Outcome: StepOutcome.Succeeded } && step.Id.StartsWith("protect-", StringComparison.Ordinal));
        Assert.Single(Directory.GetFiles(Cluster["bob", run.Id], "last-m*.db"));
        var (pids, trees) = (Pids(), await TreesAsync());
        released.SetResult();

        await Assert.ThrowsAsync<RunUndoFailedException>(() => first);
        Assert.Equal(pids, Pids());
        Assert.Equal(trees, await TreesAsync());
        await fleet.AssertServesAsync();
    }

    private static string Id(string end) => RunFolder.NewId("restore", DateTimeOffset.UtcNow)[..^4] + end;

    private RestoreWorld World(string who, string? breaks = null) =>
        fleet.Rig.World(new RestoreWorldOptions { KeepDirectory = Cluster[who], WorkDirectory = Cluster["work-" + who], BreakLock = breaks });

    private Task<RecoveryRun> RunAsync(string id, RestorePlan plan, RestoreWorld world, string runs, IRunObserver? observer = null) =>
        Task.Run(() => fleet.Rig.Session(observer, Cluster[runs]).RunAsync(id, new RestoreRunbook(plan, world).Create(), RestoreRig.Token));

    private string Pid(string member) => File.ReadAllText(Cluster[member, "run", "pid"]);

    private string Pids() => string.Join(' ', Cluster.Plan.Members.Select(member => Pid(member.Name)));

    private async Task<string> TreesAsync() => string.Join('\n', await Task.WhenAll(Cluster.Plan.Members.Select(member => fleet.Fleet.TreeAsync(member.Name))));

    // From the member's own store.
    private async Task<string[]> KeysAsync(string member, string prefix) => (await Cluster.EtcdctlAtAsync(
        EtcdClusterPlan.Text(Cluster.Plan.Members.Single(one => one.Name == member).ClientUrl), "get", prefix, "--prefix", "--keys-only", "--consistency=s")).ThrowIfFailed().Output
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
