using System.Reflection;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Core.Services;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Impact;

/// <summary>A cluster of services that is down: its data is found on its hosts through the estate alone.</summary>
public sealed class FetchedMembersTests : IDisposable
{
    private readonly TempFolder _temp = new("members");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Members_that_are_down_are_read_in_place_or_copied_and_one_that_runs_is_left_alone()
    {
        await using var etcd = new ServiceCluster(EtcdBinaries.V35);
        await etcd.StartAsync();
        await Etcdctl(etcd, "put", "/kept", "x");
        await Etcdctl(etcd, "put", "/back", "x");
        await Etcdctl(etcd, "put", "/changed", "old");
        var taken = DateTimeOffset.UtcNow;
        (await etcd.EtcdctlAtAsync(EtcdClusterPlan.Text(etcd.Plan.Members[0].ClientUrl), "snapshot", "save", _temp["a.db"])).ThrowIfFailed();
        await Etcdctl(etcd, "del", "/back");
        await Etcdctl(etcd, "put", "/changed", "new");
        await Etcdctl(etcd, "put", "/lost", "x");
        (await Command.RunAsync("/bin/sh", [etcd["m1", "stop.sh"]])).ThrowIfFailed();
        (await Command.RunAsync("/bin/sh", [etcd["m2", "stop.sh"]])).ThrowIfFailed();
        var estate = EstateFile.Load(etcd.WriteEstate());
        await using var world = new RestoreWorld(estate, "prod", new SecretReader(), new RestoreWorldOptions { KeepDirectory = _temp.FullName });

        using (var local = await FetchAsync(estate, world))
        {
            Assert.Equal([etcd.Data("m1"), etcd.Data("m2")], local.Directories);
            var finding = Assert.Single(local.Findings);
            Assert.Equal("MemberNotRead", finding.Code);
            Assert.StartsWith("m3 was left out: it is not down", finding.Text, StringComparison.Ordinal);
            await IsExactAsync(local, taken);
        }

        var spool = _temp.CreateFolder("spool");
        using (var remote = await FetchAsync(estate, new RemoteWorld(world), spool))
        {
            Assert.Equal(2, remote.Directories.Count);
            Assert.All(remote.Directories, directory => Assert.StartsWith(spool, directory, StringComparison.Ordinal));
            await IsExactAsync(remote, taken);
        }

        Assert.Empty(Directory.GetFileSystemEntries(spool));
        await etcd.StartAsync("m1", "m2");
        var none = await Assert.ThrowsAsync<NoMemberDataException>(() => FetchAsync(estate, world));
        Assert.Contains("m2 was left out: it is not down", none.Message, StringComparison.Ordinal);

        (await Command.RunAsync("/bin/sh", [etcd["m1", "stop.sh"]])).ThrowIfFailed();
        (await Command.RunAsync("/bin/sh", [etcd["m2", "stop.sh"]])).ThrowIfFailed();
        WholeClusterRestoreTests.Corrupt(etcd.Data("m2"));
        var steps = new List<string>();
        using var damaged = await FetchAsync(estate, new RemoteWorld(world), spool, new Steps(steps));
        Assert.Single(damaged.Directories);
        Assert.Contains(damaged.Findings, finding => finding.Text.StartsWith("m2 was left out: neither of its database's meta pages", StringComparison.Ordinal));
        Assert.DoesNotContain(steps, step => step.StartsWith("Copying the database of m2", StringComparison.Ordinal));
    }

    private static Task<FetchedMembers> FetchAsync(Estate estate, IRestoreWorld world, string? spool = null, IProgress<string>? steps = null) =>
        FetchedMembers.FetchAsync(estate.Clusters["prod"].Members, world, spool, steps, Token);

    private static async Task Etcdctl(ServiceCluster etcd, params string[] arguments) => (await etcd.EtcdctlAsync(arguments)).ThrowIfFailed();

    private async Task IsExactAsync(FetchedMembers members, DateTimeOffset taken)
    {
        var snapshot = new ImpactSnapshot { Name = "a", Path = _temp["a.db"], Taken = taken };
        var impact = await new RestoreImpactMeasurer().MeasureAsync(snapshot, PresentState.Of(members.Directories), new(), null, Token);
        Assert.Equal((1L, 1L, 1L, 1L), (impact.KeysLost!.Value, impact.KeysBack!.Value, impact.KeysReverted!.Value, impact.KeysUnchanged!.Value));
        Assert.Equal(ImpactBasis.DataDirectory, impact.Basis);
        Assert.DoesNotContain(impact.Findings, f => f.Code == "FewMembersRead");
        Assert.InRange(impact.LastWrite!.Value, taken, DateTimeOffset.UtcNow.AddSeconds(1));
    }

    private sealed class Steps(List<string> told) : IProgress<string>
    {
        public void Report(string value) => told.Add(value);
    }

    /// <summary>The same world, whose machines say that they are others.</summary>
    private sealed class RemoteWorld(IRestoreWorld real) : IRestoreWorld
    {
        public IEtcdConnector Etcd => real.Etcd;

        public string? BreakLock => real.BreakLock;

        public IHost Host(string name)
        {
            var host = DispatchProxy.Create<IHost, RemoteHost>();
            ((RemoteHost)(object)host).Real = real.Host(name);
            return host;
        }

        public IService Service(ServiceOptions options) => real.Service(options);

        public EtcdConnectionOptions Connection(string cluster) => real.Connection(cluster);

        public string WorkFolder(string run) => real.WorkFolder(run);

        public string KeepFolder(string run) => real.KeepFolder(run);

        public RunbookStep? Approval(RestorePlan plan) => real.Approval(plan);

        public IReadOnlyList<RunbookStep> Checks(RestorePlan plan) => real.Checks(plan);

        public RepositoryOptions Repository(string name) => real.Repository(name);

        public Task FetchAsync(string repository, string backup, string path, IProgress<long>? progress, CancellationToken cancellationToken) =>
            real.FetchAsync(repository, backup, path, progress, cancellationToken);
    }

#pragma warning disable CA1852 // DispatchProxy derives from it.
    private class RemoteHost : DispatchProxy
    {
        public IHost Real { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == "get_IsLocal" ? false : targetMethod.Invoke(Real, args);
    }
#pragma warning restore CA1852
}
