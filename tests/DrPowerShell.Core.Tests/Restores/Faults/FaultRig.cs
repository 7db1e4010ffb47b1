using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>
/// Three members with a writer and a service that is restarted, in a state that each fault begins with and that is put back after it: either damaged
/// and down, or serving. What a run leaves is compared with it, file by file.
/// </summary>
internal sealed class FaultRig : IAsyncDisposable
{
    private static readonly string[] Flags = ["api.up", "scheduler.up"];

    private readonly RestoreRig _rig = new(new ServiceCluster(EtcdBinaries.V35));
    private readonly Estate _estate;
    private IReadOnlyDictionary<string, string> _before = new Dictionary<string, string>();
    private string _clusterId = "";

    private FaultRig(bool isUp)
    {
        IsUp = isUp;
        Cluster.More = $"""
            writers:
              - hosts: [m1-host]
                type: command
                name: api
                start: touch {Cluster["api.up"]}
                stop: rm -f {Cluster["api.up"]}
                status: test -e {Cluster["api.up"]}
            restarts:
              - hosts: [m2-host]
                type: command
                name: scheduler
                start: touch {Cluster["scheduler.up"]}
                stop: rm -f {Cluster["scheduler.up"]}
                status: test -e {Cluster["scheduler.up"]}
            """;
        _estate = _rig.Estate();
    }

    /// <summary>Whether the old cluster serves when a fault begins.</summary>
    public bool IsUp { get; }

    public ServiceCluster Cluster => _rig.Cluster;

    public string Runs => _rig.Runs;

    public string Work => Cluster["work"];

    public string Snapshot => Cluster["s.db"];

    /// <summary>A later snapshot, which has a key more.</summary>
    public string Later => Cluster["later.db"];

    /// <summary>All steps of the restore, in the plan's order.</summary>
    public IReadOnlyList<RunbookStep> Steps { get; private set; } = [];

    public static async Task<FaultRig> StartAsync(bool isUp)
    {
        var rig = new FaultRig(isUp);
        var cluster = rig.Cluster;
        Directory.CreateDirectory(rig.Work);
        await cluster.StartAsync();
        (await cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        (await cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(cluster.Plan.Members[0].ClientUrl), "snapshot", "save", rig.Snapshot)).ThrowIfFailed();
        (await cluster.EtcdctlAsync("put", "/late", "after the snapshot")).ThrowIfFailed();
        (await cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(cluster.Plan.Members[0].ClientUrl), "snapshot", "save", rig.Later)).ThrowIfFailed();
        rig._clusterId = Assert.Single(await rig.RunningClustersAsync());
        await cluster.KillAsync();
        if (!isUp)
        {
            Directory.Delete(cluster.Data("m1"), recursive: true);
            foreach (var name in new[] { "m2", "m3" })
            {
                WholeClusterRestoreTests.Corrupt(cluster.Data(name));
                CutLogs(cluster.Data(name));
            }
        }

        foreach (var flag in Flags)
        {
            File.WriteAllText(cluster[flag], "");
        }

        foreach (var member in cluster.Plan.Members)
        {
            (await Command.RunAsync("/bin/cp", ["-a", cluster[member.Name], cluster[member.Name + ".kept"]])).ThrowIfFailed();
        }

        rig._before = rig.Tree();
        await rig.ResetAsync();
        await using var world = new FaultyWorld(rig.World());
        rig.Steps = (await rig.RunbookAsync(world)).Steps;
        return rig;
    }

    /// <summary>Puts the state back that each fault begins with.</summary>
    public async Task ResetAsync()
    {
        await Cluster.KillAsync();
        foreach (var member in Cluster.Plan.Members)
        {
            Directory.Delete(Cluster[member.Name], recursive: true);
            (await Command.RunAsync("/bin/cp", ["-a", Cluster[member.Name + ".kept"], Cluster[member.Name]])).ThrowIfFailed();
        }

        foreach (var flag in Flags)
        {
            File.WriteAllText(Cluster[flag], "");
        }

        foreach (var left in Directory.EnumerateDirectories(Work))
        {
            Directory.Delete(left, recursive: true);
        }

        if (IsUp)
        {
            await Cluster.StartAsync();
        }
    }

    public RestoreWorld World() => _rig.World();

    /// <summary>Assesses the cluster as it is, and makes the steps.</summary>
    public async Task<Runbook> RunbookAsync(IRestoreWorld world)
    {
        var request = new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(Snapshot), AcceptDataLoss = IsUp ? TimeSpan.FromHours(1) : null };
        return new RestoreRunbook(await new RestoreAssessor(_estate, world).AssessAsync(request, null, RestoreRig.Token), world).Create();
    }

    /// <summary>Runs the restore with something happening to its steps; returns what ended it.</summary>
    public async Task<Exception?> RunAsync(string run, IRestoreWorld world, Func<RunbookStep, RunbookStep> with, TimeProvider? time = null)
    {
        var runbook = await RunbookAsync(world);
        return await Record.ExceptionAsync(() => Session(time).RunAsync(run, runbook with { Steps = [.. runbook.Steps.Select(with)] }, RestoreRig.Token));
    }

    public Task<RecoveryRun> ResumeAsync(string run, IRestoreWorld world) => Session().ResumeAsync(run, begun => Again(begun, world), RestoreRig.Token);

    public Task<RecoveryRun> UndoAsync(string run, IRestoreWorld world) => Session().UndoAsync(run, begun => Again(begun, world), RestoreRig.Token);

    public RecoveryRun Read(string run) => RunSession.Read(Runs, run);

    /// <summary>Everything is as it was when the fault began: files, services, and the old cluster serving if it did.</summary>
    public async Task AssertUndoneAsync(string run, string what)
    {
        Assert.True(Read(run) is { Result: RunResult.Undone, IsSealed: true }, $"{what}: {Read(run).Result}");
        Assert.Empty(Directory.EnumerateDirectories(Work));
        if (IsUp)
        {
            Assert.Equal([_clusterId], await RunningClustersAsync());
            Assert.True((await Cluster.EtcdctlAsync("get", "/late")).ThrowIfFailed().Output.Contains("after the snapshot", StringComparison.Ordinal), what);
            foreach (var member in Cluster.Plan.Members)
            {
                Assert.True(await Cluster.IsRunningAsync(member.Name), $"{what}: {member.Name} is down");
            }

            // What runs writes into its data directory; configuration and everything beside it must be the same.
            AssertSame(Without(_before, "/data/"), Without(Tree(), "/data/"), what);
            return;
        }

        foreach (var member in Cluster.Plan.Members)
        {
            Assert.False(await Cluster.IsRunningAsync(member.Name), $"{what}: {member.Name} is up");
        }

        AssertSame(_before, Tree(), what);
    }

    /// <summary>The restore is done: every member serves the snapshot, clients are let in, and nobody holds a lock.</summary>
    public async Task AssertRestoredAsync(RecoveryRun run, string what)
    {
        Assert.True(run is { Result: RunResult.Healthy, IsSealed: true }, $"{what}: {run.Result}");
        Assert.NotEqual(_clusterId, Assert.Single(await RunningClustersAsync()));
        foreach (var member in Cluster.Plan.Members)
        {
            var text = (await Cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(member.ClientUrl), "get", "", "--prefix")).ThrowIfFailed().Output;
            Assert.True(text.Contains("one", StringComparison.Ordinal) && !text.Contains("/late", StringComparison.Ordinal), $"{what}: {member.Name} has {text}");
            Assert.False(File.Exists(Cluster[member.Name, ".data.drpowershell-lock"]), $"{what}: {member.Name} is locked");
        }

        Assert.All(Flags, flag => Assert.True(File.Exists(Cluster[flag]), $"{what}: {flag}"));
        Assert.Empty(Directory.EnumerateDirectories(Work));
        AssertNothingLost(run.Id, what);
    }

    /// <summary>No old data directory is gone: each lies where it was, or parked beside it, bit for bit.</summary>
    public void AssertNothingLost(string run, string what)
    {
        if (IsUp)
        {
            return;
        }

        var now = Tree();
        foreach (var (path, digest) in _before.Where(file => file.Key.Contains("/data/", StringComparison.Ordinal)))
        {
            var parked = path.Replace("/data/", $"/data.parked-{run}/", StringComparison.Ordinal);
            Assert.True(now.GetValueOrDefault(parked) == digest || now.GetValueOrDefault(path) == digest, $"{what}: {path} is lost");
        }
    }

    /// <summary>The ids of the clusters that the running members belong to: never two.</summary>
    public async Task<IReadOnlyList<string>> RunningClustersAsync()
    {
        var ids = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var member in Cluster.Plan.Members)
        {
            if (await Cluster.IsRunningAsync(member.Name))
            {
                var answer = await Cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(member.ClientUrl), "endpoint", "status", "-w", "json");
                if (answer.ExitCode == 0)
                {
                    using var json = JsonDocument.Parse(answer.Output);
                    ids.Add(json.RootElement[0].GetProperty("Status").GetProperty("header").GetProperty("cluster_id").GetUInt64().ToString("x16", CultureInfo.InvariantCulture));
                }
            }
        }

        return [.. ids];
    }

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    private RunSession Session(TimeProvider? time = null) => new(new RunKeeping { Folder = Runs, Estate = Cluster["estate.yaml"] }, new Silence(), time);

    private static Runbook Again(RunBegun begun, IRestoreWorld world) => new RestoreRunbook(RunFacts.FromJson<RestorePlan>(begun.Plan), world).Create();

    /// <summary>Every file of the members with its mode and SHA-256, every folder with its mode; logs and pids excepted.</summary>
    private SortedDictionary<string, string> Tree()
    {
        var tree = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in Cluster.Plan.Members)
        {
            foreach (var entry in new DirectoryInfo(Cluster[member.Name]).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
            {
                if (entry.Name is not ("etcd.log" or "pid"))
                {
                    // What a running member writes changes all the time, and is locked by it.
                    var content = entry is not FileInfo ? "folder" : IsUp && entry.FullName.Contains("/data/", StringComparison.Ordinal) ? "file" : Digest(entry.FullName);
                    tree[Path.GetRelativePath(Cluster.Folder, entry.FullName)] = $"{entry.UnixFileMode} {content}";
                }
            }
        }

        foreach (var flag in Flags.Where(flag => File.Exists(Cluster[flag])))
        {
            tree[flag] = "up";
        }

        return tree;
    }

    // Their 64 MB are mostly zeros, and are read some hundred times here.
    private static void CutLogs(string data)
    {
        foreach (var path in Directory.EnumerateFiles(Path.Combine(data, "member", "wal")))
        {
            using var file = File.OpenWrite(path);
            file.SetLength(Math.Min(file.Length, 64 << 10));
        }
    }

    private static string Digest(string path)
    {
        try
        {
            return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
        }
        catch (IOException)
        {
            return "locked by the member that writes it";
        }
    }

    private static Dictionary<string, string> Without(IReadOnlyDictionary<string, string> tree, string part) =>
        tree.Where(entry => !entry.Key.Contains(part, StringComparison.Ordinal)).ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);

    private static void AssertSame(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> now, string what)
    {
        var differences = before.Keys.Union(now.Keys, StringComparer.Ordinal).Where(path => before.GetValueOrDefault(path) != now.GetValueOrDefault(path)).ToList();
        Assert.True(differences.Count == 0, $"{what}: changed, gone or left behind: {string.Join(", ", differences)}");
    }

    private sealed class Silence : IRunObserver
    {
        public void Began(RunbookStep step, int number, bool isUndo)
        {
        }

        public void Progressed(RunbookStep step, string text, double? fraction)
        {
        }

        public void Ended(RecoveryStepResult result)
        {
        }
    }
}
