using DrPowerShell.CrashHost;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Etcd.Wal;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>What the tests of restores share: options, and the proof that a target is complete.</summary>
internal static class RestorePlans
{
    public const string OneMember = "m1=http://127.0.0.1:2380";
    public const string ThreeMembers = "m1=http://127.0.0.1:2380,m2=http://127.0.0.1:2381,m3=http://127.0.0.1:2382";

    /// <summary>A small snapshot of a real etcd 3.5.</summary>
    public static string Golden => RepositoryPaths.Fixture("golden.db");

    /// <summary>The options that restore every member, with <c>{member}</c> in the data directory for its name.</summary>
    public static RestoreOptions Options(string initialCluster, string dataDirectory, string token = ClusterTopology.DefaultToken, params string[] learners)
    {
        var topology = ClusterTopology.Parse(initialCluster, token, learners);
        return new RestoreOptions
        {
            Topology = topology,
            Targets = [.. topology.Members.Select(m => new RestoreTarget(m.Name, dataDirectory.Replace("{member}", m.Name, StringComparison.Ordinal)))],
        };
    }

    /// <summary>The options for a test cluster's plan.</summary>
    public static RestoreOptions Options(EtcdClusterPlan plan, string dataDirectory, params string[] learners) =>
        Options(plan.InitialCluster, dataDirectory, plan.Token, learners);

    public static Task<IReadOnlyList<RestoredMember>> RestoreAsync(string snapshot, RestoreOptions options, SteppedFiles? files = null) =>
        new SnapshotRestorer(files).RestoreAsync(snapshot, options, null, TestContext.Current.CancellationToken);

    /// <summary>The same without a wait for the disk, for tests of many restores.</summary>
    public static Task<IReadOnlyList<RestoredMember>> RestoreQuicklyAsync(string snapshot, RestoreOptions options) =>
        RestoreAsync(snapshot, options, new SteppedFiles((_, _) => { }));

    public static string DatabaseOf(string dataDirectory) => Path.Combine(dataDirectory, "member", "snap", "db");

    /// <summary>Asserts that a data directory is what a restore makes, and nothing is missing or damaged; returns its verification.</summary>
    public static async Task<SnapshotTestResult> AssertCompleteAsync(string dataDirectory, RestoreOptions options)
    {
        var target = options.Targets.Single(t => Path.GetFullPath(t.DataDirectory) == Path.GetFullPath(dataDirectory));
        var snap = RestoredSnap.FileName(new RaftState(options.Topology));
        string[] expected = ["member", "member/snap", $"member/snap/{snap}", "member/snap/db", "member/wal", $"member/wal/{RestoredWal.FileName}"];
        var found = Directory.EnumerateFileSystemEntries(dataDirectory, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(dataDirectory, path))
            .Where(path => path != "lost+found");
        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
        var member = options.Topology[target.MemberName];
        Assert.Equal(RestoredWal.Encode(options.Topology, member), await File.ReadAllBytesAsync(Path.Combine(dataDirectory, "member", "wal", RestoredWal.FileName)));
        Assert.Equal(RestoredSnap.Encode(options.Topology), await File.ReadAllBytesAsync(Path.Combine(dataDirectory, "member", "snap", snap)));
        var result = await new SnapshotVerifier().VerifyAsync(DatabaseOf(dataDirectory), VerificationLevel.Full, null, TestContext.Current.CancellationToken);
        Assert.True(result.IsValid, string.Join('\n', result.Findings));
        Assert.Equal(options.Topology.Members.Select(m => m.IdText).Order(StringComparer.Ordinal), result.Status!.Metadata.Members.Select(m => m.Id));
        return result;
    }

    /// <summary>What restores leave beside or inside their targets while they run, or when they were killed.</summary>
    public static IEnumerable<string> StagesIn(string folder) => Directory.EnumerateDirectories(folder, ".*.drps-*");

    public static bool IsAbsentOrEmpty(string folder) => !Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any();
}
