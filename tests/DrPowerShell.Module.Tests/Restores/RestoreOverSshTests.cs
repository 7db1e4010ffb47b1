using System.Management.Automation;
using System.Runtime.Versioning;
using System.Text.Json;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Restores;

/// <summary>Restore-EtcdCluster at the prompt, with each member on a host of its own behind a real sshd, reached by an ordinary user with sudo.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RestoreOverSshTests
{
    private const string Restore = "RestoreEtcdClusterCommand";

    [Fact]
    public async Task One_command_brings_back_a_lost_cluster_and_another_one_a_single_member()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess || Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, "Only root makes users.");
        await using var scene = await RestoreScene.StartAsync(await Fleet.CreateAsync(FleetKind.Sudo, EtcdBinaries.V35));
        var cluster = scene.Cluster;
        await cluster.KillAsync();
        foreach (var member in cluster.Plan.Members)
        {
            Directory.Delete(Path.Combine(cluster.Data(member.Name), "member"), recursive: true);
        }

        scene.Run("$s = Get-EtcdSnapshot $f/s.db; Get-RecoveryPlan prod -Snapshot $s").Succeed(); // the state folder and its like are there now
        var before = scene.Tree();
        var planned = scene.Run("Get-RecoveryPlan prod -Snapshot $s").Succeed();
        Assert.Equal(before, scene.Tree());
        Assert.Contains(planned.Warnings, text => text.Contains("names no writers of prod", StringComparison.Ordinal));
        Assert.Empty(scene.Run("Restore-EtcdCluster prod -Snapshot $s -WhatIf").Succeed().Output);
        Assert.Equal(before, scene.Tree());

        var output = await StreamedAsync(scene, "Restore-EtcdCluster prod -Snapshot $s -OutageStart ([DateTimeOffset]::UtcNow.AddMinutes(-1)) -PassThru -Confirm:$false");

        Assert.All(output.SkipLast(1), step => Assert.Equal("Succeeded", step.Properties["Outcome"].Value.ToString()));
        Assert.Equal(planned.Output.Select(Id).Order(StringComparer.Ordinal), output.SkipLast(1).Select(Id).Order(StringComparer.Ordinal));
        Assert.Equal("Healthy", output[^1].Properties["Result"].Value.ToString());
        Assert.Contains("one", (await cluster.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
        AssertKept(scene, Id(output[^1]), letsClientsWrite: true);

        var impact = scene.Run("Measure-RestoreImpact $f/s.db -Cluster prod");
        Assert.Contains(((IEnumerable<object>)impact.One.Findings).Select(finding => finding.ToString()), text => text!.Contains("WritersNotNamed", StringComparison.Ordinal));
        Assert.Contains(impact.Warnings, text => text.Contains("names no writers of prod", StringComparison.Ordinal));

        // One of three is lost: all three are not restored for that, and the one comes back while the others serve.
        await cluster.KillAsync("m2");
        Directory.Delete(Path.Combine(cluster.Data("m2"), "member"), recursive: true);
        await Eventually.IsTrueAsync(async () => (await cluster.EtcdctlAsync("put", "/b", "two")).ExitCode == 0, "the others have a leader", TimeSpan.FromMinutes(1));
        var others = (Pid(cluster, "m1"), Pid(cluster, "m3"));
        var refused = scene.Run("Restore-EtcdCluster prod -Snapshot $s -Confirm:$false").FailsWith("ClusterHasQuorum", Restore, ErrorCategory.InvalidOperation);
        Assert.Contains("-Member m2", refused.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        var replaced = await StreamedAsync(scene, "Restore-EtcdCluster prod -Member m2 -PassThru -Confirm:$false");

        Assert.Equal("Healthy", replaced[^1].Properties["Result"].Value.ToString());
        Assert.Contains("promote-m2", replaced.Select(Id));
        Assert.Equal(others, (Pid(cluster, "m1"), Pid(cluster, "m3")));
        var back = EtcdClusterPlan.Text(cluster.Plan.Members[1].ClientUrl);
        Assert.Contains("two", (await cluster.EtcdctlAtAsync(back, "get", "/b", "--consistency=s")).ThrowIfFailed().Output, StringComparison.Ordinal);
        AssertKept(scene, Id(replaced[^1]), letsClientsWrite: false);
        Assert.Equal("Healthy Healthy", string.Join(' ', scene.Run("Get-RecoveryRun -Cluster prod").All("Result")));
    }

    private static string Id(PSObject item) => (string)item.Properties["Id"].Value;

    private static string Pid(ServiceCluster cluster, string member) => File.ReadAllText(cluster[member, "run", "pid"]);

    // Each step is out as soon as it has ended, long before the last one has.
    private static async Task<IReadOnlyList<PSObject>> StreamedAsync(RestoreScene scene, string script)
    {
        using var running = scene.Session.Start(script);
        await Eventually.IsTrueAsync(() => running.Output.Count > 0 || !running.IsRunning, "the first step is written", TimeSpan.FromMinutes(1));
        Assert.True(running.IsRunning, "steps are written while the run goes on");
        return running.Wait().Succeed().Output;
    }

    // Shown, sealed, and reported.
    private static void AssertKept(RestoreScene scene, string id, bool letsClientsWrite)
    {
        Assert.Equal($"{id} Healthy True", scene.Run($"Get-RecoveryRun {id} | ForEach-Object {{ \"$($_.Id) $($_.Result) $($_.IsSealed)\" }}").One);
        Assert.Equal("Sealed", scene.Run($"Test-RecoveryJournal {id} -FailOn Warning").One.Status.ToString());
        scene.Run($"Export-RecoveryReport -Id {id} -Path $f/{id}.json -Format Json; Export-RecoveryReport -Id {id} -Path $f/{id}.html").Succeed();
        using var report = JsonDocument.Parse(File.ReadAllText(scene[id + ".json"]));
        Assert.Equal("Healthy", report.RootElement.GetProperty("result").GetString(), ignoreCase: true);
        Assert.Contains(id, File.ReadAllText(scene[id + ".html"]), StringComparison.Ordinal);
        var codes = report.RootElement.GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("code").GetString()).ToList();
        Assert.Equal(letsClientsWrite, codes.Contains("WritersNotNamed"));
    }
}
