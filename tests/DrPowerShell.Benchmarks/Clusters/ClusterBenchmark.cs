using DrPowerShell.Benchmarks.Database;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using DrPowerShell.Testing.Stores;

namespace DrPowerShell.Benchmarks.Clusters;

/// <summary>
/// The restore of a whole cluster of three members, each behind a real sshd or on this machine, from the run's first record to clients being let in:
/// against what cannot be spared, the slowest host's copy and start and the wait for a leader and for health. Judges nothing.
/// </summary>
internal sealed class ClusterBenchmark(BenchmarkOptions options)
{
    private const double Limit = 1.3;

    public async Task<int> RunAsync()
    {
        using var temporary = options.Work is null ? new TempFolder("bench") : null;
        var work = Directory.CreateDirectory(options.Work ?? temporary!.FullName).FullName;
        string snapshot;
        await using (var database = await BenchmarkDatabase.OpenAsync(work, options.Size, text => Console.Error.WriteLine(text)))
        {
            Say($"Database: {database.Facts}.");
            snapshot = database.Snapshot;
        }

        var servers = options.IsOverSsh ? await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => SshServer.StartAsync())) : [];
        await using var cluster = new ServiceCluster(EtcdBinaries.V35)
        {
            Host = name => servers.Length == 0 ? "type: local" : HostOf(servers[name[^1] - '1']),
        };
        try
        {
            var ratios = new List<double>();
            for (var i = 0; i <= options.Rounds; i++)
            {
                var (ratio, text) = await RoundAsync(cluster, snapshot, Path.Combine(work, "runs"));
                Say($"cluster {(i == 0 ? "warm-up" : $"round {i}")}: {text}");
                if (i > 0)
                {
                    ratios.Add(ratio);
                }

                await DamageAsync(cluster);
            }

            ratios.Sort();
            Say($"cluster: ratio {ratios[ratios.Count / 2]:F2} of {Limit:F2}; load {File.ReadAllText("/proc/loadavg").Trim()}");
            return 0;
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    private static async Task<(double Ratio, string Text)> RoundAsync(ServiceCluster cluster, string snapshot, string runs)
    {
        var estate = EstateFile.Load(cluster.WriteEstate());
        await using var world = new RestoreWorld(estate, "prod", new SecretReader(null), new RestoreWorldOptions { KeepDirectory = runs, WorkDirectory = cluster["work"] });
        var request = new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(snapshot) };
        var plan = await new RestoreAssessor(estate, world).AssessAsync(request, null, CancellationToken.None);
        var run = await new RunSession(new RunKeeping { Folder = runs }, new Silence())
            .RunAsync(RunFolder.NewId("restore", DateTimeOffset.UtcNow), new RestoreRunbook(plan, world).Create(), CancellationToken.None);

        double Took(string id) => run.Steps.FirstOrDefault(step => step.Id == id)?.Duration?.TotalSeconds ?? 0;
        var copy = plan.Members.Max(member => Took($"place-{member.Name}") + Took($"start-{member.Name}")) + (cluster.Host("m1").Contains("local", StringComparison.Ordinal) ? Took("build") : 0);
        var wait = Took("leader") + Took("health");
        var whole = run.Rto!.Value.TotalSeconds;
        var largest = run.Steps.Where(step => step.Duration > TimeSpan.FromSeconds(0.3)).Select(step => FormattableString.Invariant($"{step.Id} {step.Duration!.Value.TotalSeconds:F1}"));
        return (whole / (copy + wait), FormattableString.Invariant(
            $"{whole:F1} s in all; slowest host's copy and start {copy:F1} s, leader and health {wait:F1} s; ratio {whole / (copy + wait):F2} ({string.Join(", ", largest)})"));
    }

    // The next round finds old data of the same size, and nothing to restore from but the snapshot.
    private static async Task DamageAsync(ServiceCluster cluster)
    {
        await cluster.KillAsync();
        foreach (var member in cluster.Plan.Members)
        {
            foreach (var old in Directory.EnumerateDirectories(cluster[member.Name], "data.parked-*"))
            {
                Directory.Delete(old, recursive: true);
            }

            using var file = File.OpenWrite(Path.Combine(cluster.Data(member.Name), "member", "snap", "db"));
            file.Write(new byte[1 << 20]);
        }
    }

    private static string HostOf(SshServer server) =>
        $"address: 127.0.0.1\nport: {server.Port}\nuser: {server.User}\nkey: {server.Key}\nknownHosts: [{server.KnownHosts}]";

    private static void Say(FormattableString text) => Console.WriteLine(FormattableString.Invariant(text));

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
