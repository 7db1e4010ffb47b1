using System.Runtime.Versioning;
using DrPowerShell.Module.Tests.Restores;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Runs;

/// <summary>Two operators at two machines, a shell and a state folder each, that know nothing of one another: the machines of the cluster keep them apart.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class TwoMachinesTests
{
    [Fact]
    public async Task The_second_is_refused_and_told_who_works_where_since_when_and_the_first_is_not_disturbed()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess || Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, "Only root gives a process another host name.");
        await using var scene = await RestoreScene.StartAsync(1);
        var cluster = scene.Cluster;
        var start = new HeldStart(cluster, "m1");
        start.Ask();
        var restore = $"Restore-EtcdCluster prod -Snapshot (Get-EtcdSnapshot '{scene["s.db"]}') -AcceptDataLoss 30d -Estate '{cluster["estate.yaml"]}' -Confirm:$false";
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        using var ann = new RestoreShell($"'Result ' + ({restore}).Result", scene["ann"], "ann-desk");
        await start.UntilHeldAsync(ann);
        var (locked, run) = (cluster["m1", ".data.drpowershell-lock"], Path.GetFileName(Assert.Single(Directory.GetDirectories(scene["ann", "runs"]))));
        var mine = await File.ReadAllTextAsync(locked, TestContext.Current.CancellationToken);

        using var bob = new RestoreShell($$"""try { {{restore}} } catch { $_.FullyQualifiedErrorId; "$_"; $_.ErrorDetails.RecommendedAction }""", scene["bob"], "bob-desk");
        var told = await bob.WaitAsync();

        Assert.Contains("HostLocked,DrPowerShell.Module.Commands.RestoreEtcdClusterCommand", told, StringComparison.Ordinal);
        var since = System.Text.RegularExpressions.Regex.Match(told, $"m1-host is locked by {run} of {Environment.UserName}@ann-desk since (.*) UTC\\.");
        Assert.True(since.Success, told);
        Assert.InRange(DateTimeOffset.Parse(since.Groups[1].Value + "Z", System.Globalization.CultureInfo.InvariantCulture), before, DateTimeOffset.UtcNow);
        Assert.Contains($"-BreakLock {run}", told, StringComparison.Ordinal);
        Assert.Equal(mine, await File.ReadAllTextAsync(locked, TestContext.Current.CancellationToken));

        start.Release();
        Assert.Contains("Result Healthy", await ann.WaitAsync(), StringComparison.Ordinal);
        Assert.False(File.Exists(locked));
        Assert.Contains("one", (await cluster.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.Equal($"{Environment.UserName}@ann-desk Healthy", scene.Run("Get-RecoveryRun -JournalDirectory $f/ann/runs | ForEach-Object { \"$($_.Operator) $($_.Result)\" }").One);
    }
}
