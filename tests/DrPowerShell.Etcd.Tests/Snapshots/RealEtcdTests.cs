using System.Text.Json.Nodes;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots;

/// <summary>
/// Snapshots of real servers: every figure is what etcd's own tools say of the same file, and the HashKV computed offline is what the member
/// answered, and answers again once it has been restarted on the same database.
/// </summary>
public sealed class RealEtcdTests
{
    [Theory]
    [MemberData(nameof(EtcdBinaries.Rows), MemberType = typeof(EtcdBinaries))]
    public async Task An_empty_store(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release);
        var result = await SnapshotAsync(cluster);
        Assert.Equal(0, result.Status!.TotalKeyV36);
        Assert.Null(result.Status.OldestRevision);
        await StoppedDatabaseAsync(cluster, result);
    }

    [Theory]
    [MemberData(nameof(EtcdBinaries.Rows), MemberType = typeof(EtcdBinaries))]
    public async Task Leases_tombstones_transactions_large_values_and_several_compactions(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release);
        var load = await EtcdLoad.OpenAsync(cluster);
        var lease = await load.GrantLeaseAsync(TimeSpan.FromHours(1));
        var revoked = await load.GrantLeaseAsync(TimeSpan.FromHours(1));
        await load.PutSequenceAsync(3000, "/registry/pods/ns/", 200);
        await load.PutSequenceAsync(50, "/registry/leases/", 20, lease);
        await load.PutSequenceAsync(50, "/gone/", 20, revoked);
        await load.RevokeLeaseAsync(revoked);
        await PutLargeAsync(load, 6, 1_000_000);
        await SnapshotAsync(cluster);

        await load.DeleteManyAsync(Enumerable.Range(0, 500).Select(i => $"/registry/pods/ns/{i * 3:D8}"));
        await load.CompactAsync(await load.RevisionAsync() - 2);
        await SnapshotAsync(cluster);

        // One transaction that writes and deletes.
        await load.PostAsync("/v3/kv/txn", new JsonObject
        {
            ["success"] = new JsonArray(
                new JsonObject { ["requestPut"] = new JsonObject { ["key"] = Base64("/txn/a"), ["value"] = Base64("1") } },
                new JsonObject { ["requestDeleteRange"] = new JsonObject { ["key"] = Base64("/registry/pods/ns/0000000"), ["range_end"] = Base64("/registry/pods/ns/0000002") } },
                new JsonObject { ["requestPut"] = new JsonObject { ["key"] = Base64("/txn/b"), ["value"] = Base64("2") } }),
        });
        await load.PutSequenceAsync(3000, "/registry/pods/ns/", 150);
        await load.CompactAsync(await load.RevisionAsync());
        var dense = await SnapshotAsync(cluster);
        await load.DefragmentAsync();
        var result = await SnapshotAsync(cluster);
        Assert.Equal(dense.Status!.Hash, result.Status!.Hash);
        Assert.True(result.Status.FreeBytes < dense.Status.FreeBytes);
        Assert.Equal(1, result.Status.Metadata.LeaseCount);
        Assert.Equal((await load.GetAllAsync()).Count, result.Status.TotalKeyV36);
        Assert.Contains(result.Status.KeyPrefixes, p => p is { Prefix: "/registry/pods/ns/" or "/registry/pods/", Keys: > 2000 });
        await StoppedDatabaseAsync(cluster, result);
    }

    [Theory]
    [MemberData(nameof(EtcdBinaries.Rows), MemberType = typeof(EtcdBinaries))]
    public async Task All_keys_deleted_and_compacted_at_the_tombstone(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release);
        var load = await EtcdLoad.OpenAsync(cluster);
        await load.PutSequenceAsync(300, "/a/");
        var deleted = await load.DeletePrefixAsync("/a/");
        var result = await SnapshotAsync(cluster);
        Assert.Equal((0L, 300L), (result.Status!.TotalKeyV36, result.Status.Tombstones));
        await load.CompactAsync(deleted);
        result = await SnapshotAsync(cluster);
        Assert.Equal(deleted, result.Status!.CompactedRevision);
        await StoppedDatabaseAsync(cluster, result);
        await cluster.StartMemberAsync(0);
        await load.PutAsync("/b", "1");
        await load.DeletePrefixAsync("/b");
        await load.PutAsync("/c", "1");
        await load.CompactAsync(await load.RevisionAsync() - 1);
        await StoppedDatabaseAsync(cluster, await SnapshotAsync(cluster));
    }

    [Theory]
    [MemberData(nameof(EtcdBinaries.Rows), MemberType = typeof(EtcdBinaries))]
    public async Task A_single_key_with_a_long_history_compacted_in_its_middle(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release);
        var load = await EtcdLoad.OpenAsync(cluster);
        for (var round = 0; round < 6; round++)
        {
            for (var i = 0; i < 5; i++)
            {
                await load.PutAsync("/one", $"{round}.{i}");
            }

            if (round % 2 == 1)
            {
                await load.DeletePrefixAsync("/one");
                await load.PutAsync("/other", "x");
            }

            var result = await SnapshotAsync(cluster);
            Assert.True(result.IsValid);
            await load.CompactAsync(await load.RevisionAsync() - round);
            await SnapshotAsync(cluster);
        }
    }

    [Theory]
    [MemberData(nameof(EtcdBinaries.Rows), MemberType = typeof(EtcdBinaries))]
    public async Task A_hundred_thousand_keys_and_a_snapshot_in_the_midst_of_a_compaction(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release);
        var load = await EtcdLoad.OpenAsync(cluster);
        await load.PutSequenceAsync(100_000, "/registry/things/", 64);
        await load.PutSequenceAsync(30_000, "/registry/things/", 64);
        var result = await SnapshotAsync(cluster);
        Assert.Equal(100_000, result.Status!.TotalKeyV36);

        // Not physical: it returns when the compaction is scheduled, and the rows go in batches with pauses.
        await load.PostAsync("/v3/kv/compaction", new JsonObject { ["revision"] = await load.RevisionAsync() });
        await SnapshotAsync(cluster);
        await Eventually.IsTrueAsync(
            async () => (await SnapshotAsync(cluster)).Status!.ScheduledCompactRevision == 0, "the compaction has finished", TimeSpan.FromMinutes(1));
        await StoppedDatabaseAsync(cluster, await SnapshotAsync(cluster));
    }

    [Theory]
    [MemberData(nameof(EtcdBinaries.Rows), MemberType = typeof(EtcdBinaries))]
    public async Task Authentication_and_a_raised_alarm_are_told(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release, new EtcdClusterOptions
        {
            EnableAuth = true,
            ExtraArguments = ["--quota-backend-bytes", "2500000"],
        });
        var load = await EtcdLoad.OpenAsync(cluster);
        await Eventually.IsTrueAsync(
            async () =>
            {
                try
                {
                    await PutLargeAsync(load, 1, 400_000);
                    return false;
                }
                catch (InvalidOperationException e) when (e.Message.Contains("space", StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            },
            "the quota is exceeded");
        var result = await SnapshotAsync(cluster);
        Assert.True(result.Status!.Metadata.IsAuthEnabled);
        Assert.Equal("NoSpace", Assert.Single(result.Status.Metadata.Alarms).Alarm);
    }

    [Theory]
    [MemberData(nameof(EtcdBinaries.Rows), MemberType = typeof(EtcdBinaries))]
    public async Task Three_members_are_listed_and_hash_alike(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release, new EtcdClusterOptions { Members = 3 });
        var load = await EtcdLoad.OpenAsync(cluster);
        await load.PutSequenceAsync(500);
        var result = await SnapshotAsync(cluster);
        Assert.Equal(["m1", "m2", "m3"], result.Status!.Metadata.Members.Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.StartsWith(release.Name, result.Status.Metadata.ClusterVersion, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EtcdBinaries.Rows), MemberType = typeof(EtcdBinaries))]
    public async Task The_database_of_a_running_member_is_refused(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release);
        Assert.Throws<SnapshotReadFailedException>(() => FileByteSource.Open(Database(cluster)));
    }

    // Takes a snapshot and holds everything in it against etcd's own word.
    private static async Task<SnapshotTestResult> SnapshotAsync(EtcdTestCluster cluster)
    {
        using var folder = new TempFolder("snapshot");
        var path = folder["snapshot.db"];
        await cluster.EtcdctlAsync("snapshot", "save", path);
        var result = await new SnapshotVerifier().VerifyAsync(path, VerificationLevel.Full, null, default);
        Assert.True(result.IsValid, string.Join('\n', result.Findings));
        Assert.Empty(result.Findings);
        Assert.True(result.DigestPresent);
        var status = JsonNode.Parse(await cluster.Release.SnapshotAsync("status", path, "--write-out=json"))!;
        Assert.Equal((uint)status["hash"]!, result.Status!.Hash);
        Assert.Equal((long)status["revision"]!, result.Status.Revision);
        Assert.Equal((long)status["totalKey"]!, cluster.Release.IsAtLeast(6) ? result.Status.TotalKeyV36 : result.Status.TotalKeyV35);
        Assert.Equal((long)status["totalSize"]!, result.Status.TotalSize);
        Assert.Equal((string?)status["version"] ?? "", result.Status.Metadata.StorageVersion ?? "");
        if (cluster.RootPassword is null || cluster.Release.IsAtLeast(6))
        {
            var live = (await cluster.HashKvAsync())[0];
            Assert.Equal((live.Hash, Math.Max(0, live.CompactRevision)), (result.HashKv!.Value, Math.Max(result.Status.CompactedRevision, result.Status.ScheduledCompactRevision)));
        }

        using var reader = SnapshotKeyReader.Open(path);
        Assert.Equal(result.Status.TotalKeyV36, reader.Read(EtcdKeyRange.All).LongCount());
        return result;
    }

    // The member is stopped: its own database says the same, and it answers with the hash that was computed for its next start.
    private static async Task StoppedDatabaseAsync(EtcdTestCluster cluster, SnapshotTestResult snapshot)
    {
        await cluster.StopMemberAsync(0);
        var result = await new SnapshotVerifier().VerifyAsync(Database(cluster), VerificationLevel.Full, null, default);
        Assert.True(result.IsValid, string.Join('\n', result.Findings));
        Assert.False(result.DigestPresent);
        Assert.Equal("DigestMissing", Assert.Single(result.Findings).Code);
        Assert.Equal(snapshot.Status!.TotalKeyV36, result.Status!.TotalKeyV36);
        Assert.Equal(snapshot.HashKv, result.HashKv);
        await cluster.StartMemberAsync(0);
        Assert.Equal((await cluster.HashKvAsync())[0].Hash, result.HashKvAfterBoot);
        await cluster.StopMemberAsync(0);
    }

    private static Task PutLargeAsync(EtcdLoad load, int count, int size) => load.PutSequenceAsync(count, "/large/", size);

    private static string Database(EtcdTestCluster cluster) => Path.Combine(cluster.Members[0].DataDirectory, "member", "snap", "db");

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}
