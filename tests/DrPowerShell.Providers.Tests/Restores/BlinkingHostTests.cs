using System.Globalization;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Core.Tests.Restores;
using DrPowerShell.Providers.Tests.Sftp;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Restores;

/// <summary>A restore that fails over a network which is gone for a moment right while it is taken back.</summary>
[Collection(FleetCollection.Name)]
public sealed class BlinkingHostTests
{
    [Fact]
    public async Task An_undo_outlasts_a_connection_that_is_cut_and_comes_back()
    {
        Root.Require();
        await using var server = await SshServer.StartAsync();
        await using var way = new DelayingProxy(new Uri(string.Create(CultureInfo.InvariantCulture, $"ssh://127.0.0.1:{server.Port}")));
        await File.AppendAllTextAsync(server.KnownHosts, (await File.ReadAllTextAsync(server.KnownHosts)).Replace(
            server.Port.ToString(CultureInfo.InvariantCulture), way.Url.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        await using var rig = new RestoreRig(new ServiceCluster(EtcdBinaries.V35, 1)
        {
            Host = _ => string.Create(CultureInfo.InvariantCulture, $"""
                address: 127.0.0.1
                port: {way.Url.Port}
                user: {server.User}
                key: {server.Key}
                knownHosts: [{server.KnownHosts}]
                """).ReplaceLineEndings("\n"),
        });
        var cluster = rig.Cluster;
        await cluster.StartAsync();
        (await cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        (await cluster.EtcdctlAsync("snapshot", "save", cluster["s.db"])).ThrowIfFailed();
        (await cluster.EtcdctlAsync("put", "/late", "after the snapshot")).ThrowIfFailed();
        var (start, configuration) = (await File.ReadAllTextAsync(cluster["m1", "start.sh"]), await File.ReadAllTextAsync(cluster["m1", "etcd.yaml"]));
        await File.WriteAllTextAsync(cluster["m1", "start.sh"], "#!/bin/sh\nexit 1\n");
        var network = new Blink(way, "exchange-m1", () => File.WriteAllText(cluster["m1", "start.sh"], start));

        var undone = await Assert.ThrowsAsync<RunUndoneException>(() => rig.RestoreAsync(
            new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(cluster["s.db"]), AcceptDataLoss = TimeSpan.FromHours(1) }, network));

        Assert.True(undone.Run.IsSealed);
        var records = JournalReader.Read(undone.Run.Journal).Where(record => record.Step == "exchange-m1" && record.Kind >= JournalRecordKind.UndoBegun).ToList();
        Assert.Contains(records, record => record.Kind == JournalRecordKind.UndoFailed && record.Data!.Value.GetProperty("errorId").GetString() == "HostUnreachable");
        Assert.Equal(JournalRecordKind.UndoFinished, records[^1].Kind);
        Assert.Equal(configuration, await File.ReadAllTextAsync(cluster["m1", "etcd.yaml"]));
        await Eventually.IsTrueAsync(async () => (await cluster.EtcdctlAsync("get", "/late")).Output.Contains("after the snapshot", StringComparison.Ordinal), "the old cluster serves again");
    }

    // Cut as the undo begins; there again once an attempt has met that.
    private sealed class Blink(DelayingProxy way, string step, Action before) : IRunObserver
    {
        public void Began(RunbookStep which, int number, bool isUndo)
        {
            if (which.Id == step && isUndo)
            {
                before();
                way.RefusesConnections = true;
                way.Cut();
            }
        }

        public void Progressed(RunbookStep which, string text, double? fraction)
        {
            if (which.Id == step && text.Contains("Tried again", StringComparison.Ordinal))
            {
                way.RefusesConnections = false;
            }
        }

        public void Ended(RecoveryStepResult result) => TestContext.Current.SendDiagnosticMessage($"{result.Id} {result.Outcome} {result.Attempts} {result.Text}");
    }
}
