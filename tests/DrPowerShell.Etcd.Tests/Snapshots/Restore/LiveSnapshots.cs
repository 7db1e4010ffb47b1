using System.Security.Cryptography;
using DrPowerShell.Etcd.Tests.Snapshots.Restore;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

[assembly: AssemblyFixture(typeof(LiveSnapshots))]

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>A snapshot of a real cluster, with what the cluster itself answered at that moment.</summary>
/// <param name="Keys">Every live key as <see cref="LiveSnapshots.Tell"/> tells it, in key order.</param>
/// <param name="Lease">A lease with keys that was alive.</param>
/// <param name="HashKv">The cluster's own HashKV; null where authentication keeps it from answering.</param>
/// <param name="RawDatabase">The member's database after it was stopped.</param>
public sealed record LiveSnapshot(
    EtcdRelease Release, string Path, string RawDatabase, IReadOnlyList<string> Keys, long Revision, long CompactRevision, long Lease, uint? HashKv, string? RootPassword);

/// <summary>
/// Snapshots of real clusters, each made once for all tests that ask for it: with leases, tombstones, several versions of keys, a
/// compaction and free pages.
/// </summary>
public sealed class LiveSnapshots : IDisposable
{
    private static readonly Dictionary<string, Task<LiveSnapshot>> Made = new(StringComparer.Ordinal);
    private static readonly Lazy<TempFolder> Folder = new(() => new TempFolder("live"));

    /// <summary>About 10,000 keys.</summary>
    public static Task<LiveSnapshot> SmallAsync(EtcdRelease release) =>
        OnceAsync(release, $"small-{release.Name}", 10_000, new EtcdClusterOptions());

    /// <summary>100,000 keys, from a cluster with mutual TLS everywhere and authentication on.</summary>
    public static Task<LiveSnapshot> LargeAsync(EtcdRelease release) =>
        OnceAsync(release, $"large-{release.Name}", 100_000, new EtcdClusterOptions { Tls = true, PeerTls = true, EnableAuth = true });

    /// <summary>A database of several megabytes; see <see cref="SmallAsync"/>.</summary>
    public static async Task<string> RandomValuesAsync() => (await SmallAsync(EtcdBinaries.V35)).Path;

    /// <summary>One key with everything that a restore must keep.</summary>
    public static string Tell(EtcdLiveKey key) =>
        $"{key.KeyText} create={key.CreateRevision} mod={key.ModRevision} version={key.Version} lease={key.Lease:x} {Convert.ToHexString(SHA256.HashData(key.Value))}";

    public void Dispose()
    {
        if (Folder.IsValueCreated)
        {
            Folder.Value.Dispose();
        }
    }

    private static Task<LiveSnapshot> OnceAsync(EtcdRelease release, string name, int keys, EtcdClusterOptions options)
    {
        lock (Made)
        {
            return Made.TryGetValue(name, out var made) ? made : Made[name] = Task.Run(() => MakeAsync(release, name, keys, options));
        }
    }

    private static async Task<LiveSnapshot> MakeAsync(EtcdRelease release, string name, int keys, EtcdClusterOptions options)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release, options);
        var load = await EtcdLoad.OpenAsync(cluster);
        await load.PutSequenceAsync(keys, "/registry/pods/", valueSize: 120);
        await load.PutSequenceAsync(50, "/large/", valueSize: 200_000);
        // Freed by the compaction below: whole runs of pages. Nothing that follows is large enough to fill them again.
        await load.PutSequenceAsync(150, "/garbage/", valueSize: 30_000);
        await load.DeletePrefixAsync("/garbage/");
        await load.PutSequenceAsync(keys / 10, "/registry/pods/", valueSize: 90);
        await load.DeleteManyAsync(Enumerable.Range(0, keys / 20).Select(i => $"/registry/pods/{i * 3:D8}"));
        var lease = await load.GrantLeaseAsync(TimeSpan.FromHours(1));
        await load.PutSequenceAsync(50, "/leased/", lease: lease);
        var revoked = await load.GrantLeaseAsync(TimeSpan.FromHours(1));
        await load.PutSequenceAsync(50, "/revoked/", lease: revoked);
        await load.RevokeLeaseAsync(revoked);
        var compacted = await load.RevisionAsync();
        await load.CompactAsync(compacted);
        // History and tombstones after the compaction.
        await load.PutSequenceAsync(200, "/registry/pods/", valueSize: 60);
        await load.PutSequenceAsync(200, "/later/");
        await load.DeletePrefixAsync("/later/000000");
        await load.PutManyAsync([new EtcdPut("/unicode/schlüssel-鍵", "värde"), new EtcdPut("/empty", "")]);

        var path = Folder.Value[$"{name}.db"];
        await cluster.EtcdctlAsync("snapshot", "save", path);
        var all = await load.GetAllAsync();
        var revision = await load.RevisionAsync();
        var hash = options.EnableAuth ? (uint?)null : (await cluster.HashKvAsync()).Single().Hash;
        await cluster.StopMemberAsync(0);
        var raw = Folder.Value[$"{name}.raw"];
        File.Copy(RestorePlans.DatabaseOf(cluster.Members[0].DataDirectory), raw);
        return new LiveSnapshot(release, path, raw, [.. all.Select(Tell)], revision, compacted, lease, hash, cluster.RootPassword);
    }
}
