using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.CrashHost;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>
/// Three members with a writer and a service that is restarted, in a scene that each fault begins with and that is put back after it. What a run
/// leaves is compared with it, file by file.
/// </summary>
internal sealed class FaultRig : IAsyncDisposable
{
    private static readonly string[] Flags = ["api.up", "scheduler.up"];

    private readonly RestoreRig _rig = new(new ServiceCluster(EtcdBinaries.V35));
    private readonly Estate _estate;
    private IReadOnlyDictionary<string, string> _before = new Dictionary<string, string>();
    private string _clusterId = "";
    private IReadOnlyList<string> _members = [];
    private string? _written;
    private RestorePlan? _plan;

    private FaultRig(FaultScene scene)
    {
        Scene = scene;
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

    public FaultScene Scene { get; }

    public ServiceCluster Cluster => _rig.Cluster;

    public string Runs => _rig.Runs;

    public string Work => Cluster["work"];

    /// <summary>The plan as a file, for the process that is killed.</summary>
    public string PlanFile => Cluster["plan.json"];

    /// <summary>A later snapshot, which has a key more.</summary>
    public string Later => Cluster["later.db"];

    /// <summary>All steps of the restore, in the plan's order.</summary>
    public IReadOnlyList<RunbookStep> Steps { get; private set; } = [];

    /// <summary>The steps without those of some machines, where others do the same.</summary>
    public IReadOnlyList<RunbookStep> StepsWithout(params string[] hosts) => [.. Steps.Where(step => !hosts.Contains(step.Host))];

    public static async Task<FaultRig> StartAsync(FaultScene scene)
    {
        var rig = new FaultRig(scene);
        var cluster = rig.Cluster;
        Directory.CreateDirectory(rig.Work);
        await cluster.StartAsync();
        (await cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        (await cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(cluster.Plan.Members[0].ClientUrl), "snapshot", "save", cluster["s.db"])).ThrowIfFailed();
        (await cluster.EtcdctlAsync("put", "/late", "after the snapshot")).ThrowIfFailed();
        (await cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(cluster.Plan.Members[0].ClientUrl), "snapshot", "save", rig.Later)).ThrowIfFailed();
        rig._clusterId = Assert.Single(await rig.RunningClustersAsync());
        rig._members = await rig.MembersAsync();
        foreach (var member in cluster.Plan.Members)
        {
            // Ended in order: a database that is to be the source must hold the last write.
            (await Command.RunAsync("/bin/sh", [cluster[member.Name, "stop.sh"]])).ThrowIfFailed();
        }

        if (!scene.IsAlone)
        {
            rig.Damage();
        }

        foreach (var member in cluster.Plan.Members)
        {
            (await Command.RunAsync("/bin/cp", ["-a", cluster[member.Name], cluster[member.Name + ".kept"]])).ThrowIfFailed();
        }

        await rig.ResetAsync();
        rig._before = rig.Tree();
        await using var world = new FaultyWorld(rig.World());
        rig._plan = await new RestoreAssessor(rig._estate, world).AssessAsync(scene.Request(cluster["s.db"]), null, RestoreRig.Token);
        File.WriteAllText(rig.PlanFile, RunFacts.ToJson(rig._plan).GetRawText());
        rig.Steps = rig.Runbook(world).Steps;
        return rig;
    }

    /// <summary>Puts the scene back that each fault begins with.</summary>
    public async Task ResetAsync()
    {
        _written = null;
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

        if (Scene.IsAlone)
        {
            // One that is started without its quorum never answers: it has to lose the others.
            await Cluster.StartAsync();
            await Cluster.KillAsync([.. Names.Except(Scene.Up)]);
            Damage();
        }
        else if (Scene.Up.Count > 0)
        {
            await Cluster.StartAsync([.. Scene.Up]);
        }
    }

    /// <summary>Writes a key into a cluster that serves throughout, as its clients do in the midst of a run.</summary>
    public async Task WriteAsync(string run)
    {
        if (Scene.ServesThroughout)
        {
            (await Cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(Cluster.Plan.Members[0].ClientUrl), "put", "/written", run)).ThrowIfFailed();
            _written = run;
        }
    }

    public RestoreWorld World() => _rig.World();

    // Every fault begins with the same scene, and so with the same plan.
    private Runbook Runbook(IRestoreWorld world) => new RestoreRunbook(_plan!, world).Create();

    /// <summary>Runs the restore with something happening to its steps; returns what ended it.</summary>
    public async Task<Exception?> RunAsync(string run, IRestoreWorld world, Func<RunbookStep, RunbookStep> with, TimeProvider? time = null)
    {
        var runbook = Runbook(world);
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
        foreach (var name in Names)
        {
            Assert.True(await Cluster.IsRunningAsync(name) == Scene.Up.Contains(name), $"{what}: {name} is not as it was, up or down");
        }

        if (Scene.HasQuorum)
        {
            Assert.Equal([_clusterId], await RunningClustersAsync());
            Assert.Equal(_members, await MembersAsync());
            foreach (var name in Scene.Up)
            {
                AssertHolds(await KeysAsync(name), $"{what}: {name}", hasLate: true);
            }
        }

        AssertNothingLost(run, what);
        AssertSame(WithoutRunning(_before), WithoutRunning(Tree()), what);
        if (Scene.IsAlone)
        {
            // Started anew without its quorum it does not answer any more: another scene.
            await ResetAsync();
        }
    }

    /// <summary>The restore is done: every member serves what it was asked for, clients are let in, and nobody holds a lock.</summary>
    public async Task AssertRestoredAsync(RecoveryRun run, string what)
    {
        Assert.True(run is { Result: RunResult.Healthy, IsSealed: true }, $"{what}: {run.Result}");
        Assert.Equal(Scene.ServesThroughout, Assert.Single(await RunningClustersAsync()) == _clusterId);
        foreach (var name in Names)
        {
            AssertHolds(await KeysAsync(name), $"{what}: {name}", Scene.KeepsLate);
            Assert.False(File.Exists(Cluster[name, ".data.drpowershell-lock"]), $"{what}: {name} is locked");
        }

        if (Scene.ServesThroughout)
        {
            var members = await MembersAsync();
            Assert.Equal(Names, members.Select(member => member.Split(", ")[2]));
            Assert.Equal(Scene.Up.Count, _members.Intersect(members).Count());
            Assert.All(members, member => Assert.True(member.Contains(", started, ", StringComparison.Ordinal) && member.EndsWith("false", StringComparison.Ordinal), $"{what}: {member}"));
        }
        else
        {
            Assert.All(Scene.Up, name => Assert.True(File.Exists(Cluster[name, $"data.parked-{run.Id}", "member", "snap", "db"]), $"{what}: the data of {name} is lost"));
        }

        Assert.All(Flags, flag => Assert.True(File.Exists(Cluster[flag]), $"{what}: {flag}"));
        Assert.Empty(Directory.EnumerateDirectories(Work));
        AssertNothingLost(run.Id, what);
    }

    /// <summary>No old data directory is gone: each lies where it was, or parked beside it, bit for bit where it was down.</summary>
    public void AssertNothingLost(string run, string what)
    {
        var now = Tree();
        foreach (var (path, digest) in WithoutRunning(_before).Where(file => file.Key.Contains("/data/", StringComparison.Ordinal)))
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

    private IEnumerable<string> Names => Cluster.Plan.Members.Select(member => member.Name);

    private void Damage()
    {
        foreach (var name in Scene.Wiped)
        {
            Directory.Delete(Cluster.Data(name), recursive: true);
        }

        foreach (var name in Scene.Corrupted)
        {
            WholeClusterRestoreTests.Corrupt(Cluster.Data(name));
        }

        foreach (var name in Names.Except(Scene.Up).Except(Scene.Wiped))
        {
            CutLogs(Cluster.Data(name));
        }
    }

    // Lines of id, state, name, peer URLs, client URLs and whether it is a learner, in the order of the names.
    private async Task<IReadOnlyList<string>> MembersAsync() =>
        [.. (await Cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(Cluster.Plan.Members[0].ClientUrl), "member", "list")).ThrowIfFailed().Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).OrderBy(line => line.Split(", ")[2], StringComparer.Ordinal)];

    private async Task<string> KeysAsync(string member) => (await Cluster.EtcdctlAtAsync(
        EtcdClusterPlan.Text(Cluster.Plan.Members.Single(one => one.Name == member).ClientUrl), "get", "", "--prefix")).ThrowIfFailed().Output;

    private void AssertHolds(string keys, string what, bool hasLate) => Assert.True(
        keys.Contains("one", StringComparison.Ordinal) && keys.Contains("/late", StringComparison.Ordinal) == hasLate && keys.Contains(_written ?? "", StringComparison.Ordinal),
        $"{what} has {keys}");

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
                    var path = Path.GetRelativePath(Cluster.Folder, entry.FullName);
                    tree[path] = $"{entry.UnixFileMode} {(entry is not FileInfo ? "folder" : IsOfRunning(path) ? "file" : Digest(entry.FullName))}";
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

    private Dictionary<string, string> WithoutRunning(IReadOnlyDictionary<string, string> tree) =>
        tree.Where(entry => !IsOfRunning(entry.Key)).ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);

    // What a running member writes changes all the time, and is locked by it.
    private bool IsOfRunning(string path) => Scene.Up.Any(name => path.StartsWith($"{name}/data/", StringComparison.Ordinal));

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
