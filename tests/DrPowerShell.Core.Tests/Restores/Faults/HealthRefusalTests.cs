using System.Text.Json.Nodes;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.CrashHost;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>A restored cluster that is not what was restored is refused before clients are let in, and everything is taken back.</summary>
public sealed class HealthRefusalTests
{
    // Instead of two minutes: what is looked for does not pass.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_member_that_holds_something_else_than_the_restored_image_is_named_and_the_run_is_undone()
    {
        const string Run = "restore-other-data";
        await using var rig = await FaultRig.StartAsync(FaultScene.Damaged);

        var text = await RefusedAsync(rig, Run, "start-m2", before: () => ExchangeAsync(rig, "m2", Run));

        Assert.Matches("m2 .*answers HashKV .*, and the image has", text);
        await rig.AssertUndoneAsync(Run, Run);
    }

    [Fact]
    public async Task An_alarm_of_a_restored_member_is_told_the_run_is_undone_and_the_old_cluster_serves_again()
    {
        const string Run = "restore-alarmed";
        await using var rig = await FaultRig.StartAsync(FaultScene.Serving);

        var text = await RefusedAsync(rig, Run, "leader", behind: () => RaiseAsync(rig.Cluster));

        Assert.Contains("NOSPACE", text, StringComparison.OrdinalIgnoreCase);
        await rig.AssertUndoneAsync(Run, Run);
    }

    // What health said.
    private static async Task<string> RefusedAsync(FaultRig rig, string run, string step, Func<Task>? before = null, Func<Task>? behind = null)
    {
        await using var world = new FaultyWorld(rig.World());
        var done = false;

        var error = await rig.RunAsync(run, world, one =>
            one.Id == "health" ? new InterruptedStep(one, timeout: Patience)
            : one.Id == step ? new InterruptedStep(one) { Before = _ => Do(before), Behind = _ => Do(behind) }
            : one);

        Assert.True(done, $"{step} was interrupted");
        Assert.IsType<RunUndoneException>(error);
        var found = rig.Read(run);
        Assert.Null(found.PointOfNoReturn);
        var health = found.Steps.Single(one => one.Id == "health");
        Assert.Equal("RestoredClusterNotHealthy", health.ErrorId);
        return health.Text!;

        async Task Do(Func<Task>? act)
        {
            if (act is not null)
            {
                await act();
                done = true;
            }
        }
    }

    // A member of the same cluster with another snapshot, by etcd's own tool: it starts, and its members take it for one of theirs.
    private static async Task ExchangeAsync(FaultRig rig, string name, string token)
    {
        var cluster = rig.Cluster;
        var member = cluster.Plan.Members.Single(one => one.Name == name);
        (await Command.RunAsync(cluster.Release.Etcdutl!, [
            "snapshot", "restore", rig.Later, "--name", name, "--initial-cluster", cluster.Plan.InitialCluster, "--initial-cluster-token", token,
            "--initial-advertise-peer-urls", EtcdClusterPlan.Text(member.PeerUrl), "--data-dir", cluster["other"]])).ThrowIfFailed();
        Directory.Delete(Path.Combine(cluster.Data(name), "member"), recursive: true);
        Directory.Move(Path.Combine(cluster["other"], "member"), Path.Combine(cluster.Data(name), "member"));
    }

    // As etcd itself does it when a member's database reaches its quota.
    private static async Task RaiseAsync(ServiceCluster cluster)
    {
        var load = await cluster.OpenLoadAsync();
        var status = await load.PostAsync("/v3/maintenance/status", []);
        await load.PostAsync("/v3/maintenance/alarm", new JsonObject { ["action"] = "ACTIVATE", ["memberID"] = (string?)status["header"]!["member_id"], ["alarm"] = "NOSPACE" });
    }
}
