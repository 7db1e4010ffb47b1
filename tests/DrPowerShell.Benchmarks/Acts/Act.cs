using DrPowerShell.Benchmarks.Database;

namespace DrPowerShell.Benchmarks.Acts;

/// <summary>One act that is measured: ours, by name in a process of its own, and the command lines that do the same.</summary>
/// <param name="Name">The name for <c>--acts</c>, and for <see cref="OurAct"/>.</param>
/// <param name="Title">What is done.</param>
/// <param name="Limit">The most that ours may take, as a ratio of theirs.</param>
/// <param name="Theirs">The commands, one after the other, into a target that is not there yet.</param>
internal sealed record Act(string Name, string Title, double Limit, Func<BenchmarkDatabase, string, IEnumerable<string[]>> Theirs)
{
    public const string Members = "m1=http://127.0.0.1:12380,m2=http://127.0.0.1:22380,m3=http://127.0.0.1:32380";
    public const string SingleMember = "m1=http://127.0.0.1:12380";

    public static IReadOnlyList<Act> All { get; } =
    [
        new("save", "save a snapshot, digest verified | etcdctl snapshot save", 0.75, (d, target) =>
            [[d.Release.Etcdctl, $"--endpoints={d.Endpoint}", "snapshot", "save", target]]),
        new("status", "hash, revision, keys, structure | etcdutl snapshot status", 0.4, (d, _) =>
            [[d.Release.Etcdutl!, "snapshot", "status", d.Snapshot]]),
        new("verify", "full verification | openssl dgst -sha256", 1.2, (d, _) =>
            [["openssl", "dgst", "-sha256", d.Snapshot]]),
        new("restore", "restore one data dir | etcdutl snapshot restore", 1.0, RestoreOne),
        new("dense", "restore one data dir, dense | etcdutl snapshot restore", 0.6, RestoreOne),
        new("restore3", "restore three members | three etcdutl runs", 0.9, RestoreThree),
        new("dense3", "restore three members, dense | three etcdutl runs", 0.55, RestoreThree),
        new(ImportTime.Name, "Import-Module", ImportTime.LimitSeconds, (_, _) => []),
    ];

    private static IEnumerable<string[]> RestoreOne(BenchmarkDatabase database, string target) => [Restore(database, target, "m1", SingleMember)];

    private static IEnumerable<string[]> RestoreThree(BenchmarkDatabase database, string target) =>
        Members.Split(',').Select(m => m.Split('=')).Select(m => Restore(database, $"{target}-{m[0]}", m[0], Members));

    private static string[] Restore(BenchmarkDatabase database, string target, string name, string cluster) =>
    [
        database.Release.Etcdutl!, "snapshot", "restore", database.Snapshot, "--data-dir", target, "--name", name,
        "--initial-cluster", cluster, "--initial-advertise-peer-urls", cluster.Split(',').First(m => m.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..],
    ];
}
