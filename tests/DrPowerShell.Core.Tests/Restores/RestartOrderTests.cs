using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores;

/// <summary>What keeps a view of the old data is restarted, and not before the writers that it talks to are there again.</summary>
public sealed class RestartOrderTests
{
    private static readonly string[] Names = ["api", "scheduler", "controller-manager"];

    [Fact]
    public async Task Restarted_services_are_stopped_and_started_anew_once_the_writers_run()
    {
        await using var rig = new RestoreRig(new ServiceCluster(EtcdBinaries.V35, 1));
        var cluster = rig.Cluster;
        cluster.More = $"writers:\n{Service("api")}restarts:\n{Service("scheduler")}{Service("controller-manager")}";
        await cluster.StartAsync();
        (await cluster.EtcdctlAsync("snapshot", "save", cluster["s.db"])).ThrowIfFailed();
        await cluster.KillAsync();
        foreach (var name in Names)
        {
            File.WriteAllText(cluster[name + ".up"], "");
        }

        var run = await rig.RestoreAsync(new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(cluster["s.db"]), AcceptDataLoss = TimeSpan.FromDays(1) });

        Assert.Equal(RunResult.Healthy, run.Result);
        var did = File.ReadAllLines(cluster["did"]);
        Assert.Equal(["api stops", "api starts"], did[..2]);
        Assert.Equal(["controller-manager starts", "controller-manager stops", "scheduler starts", "scheduler stops"], did[2..].Order(StringComparer.Ordinal));
        Assert.All(Names[1..], name => Assert.True(Array.IndexOf(did, name + " stops") < Array.IndexOf(did, name + " starts"), name));
        Assert.All(Names, name => Assert.True(File.Exists(cluster[name + ".up"]), name));

        string Service(string name) => $"""
              - hosts: [m1-host]
                type: command
                name: {name}
                start: echo {name} starts >>{cluster["did"]} && touch {cluster[name + ".up"]}
                stop: echo {name} stops >>{cluster["did"]} && rm {cluster[name + ".up"]}
                status: test -e {cluster[name + ".up"]}

            """;
    }
}
