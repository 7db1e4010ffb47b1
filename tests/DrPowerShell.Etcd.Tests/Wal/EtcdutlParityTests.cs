using System.Text;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Etcd.Tests.Snapshots.Restore;
using DrPowerShell.Etcd.Wal;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Wal;

/// <summary>Our restore beside the one of etcd's own tool, for the same snapshot and arguments.</summary>
public sealed class EtcdutlParityTests : IDisposable
{
    private readonly TempFolder _temp = new("parity");

    public static TheoryData<string, string, string, string> Arguments
    {
        get
        {
            var rows = new TheoryData<string, string, string, string>();
            foreach (var release in EtcdBinaries.All)
            {
                rows.Add(release.Name, "default=http://localhost:2380", "etcd-cluster", "default");
                rows.Add(release.Name, "m1=http://127.0.0.1:2380", "another token", "m1");
                rows.Add(release.Name, "host1=http://host1:2380,host2=http://host2:2380,host3=http://host3:2380", "etcd-cluster-1", "host1");
                rows.Add(release.Name, "host1=http://host1:2380,host2=http://host2:2380,host3=http://host3:2380", "etcd-cluster-1", "host3");
                rows.Add(release.Name, "b=https://10.0.0.2:2380,b=https://10.0.1.2:2380,a=https://10.0.1.1:2380,a=https://10.0.0.1:12380", "t", "b");
                rows.Add(release.Name, "x<&>\"y=https://[::1]:2380", "t", "x<&>\"y");
            }

            return rows;
        }
    }

    public void Dispose() => _temp.Dispose();

    [Theory]
    [MemberData(nameof(Arguments))]
    public async Task The_wal_ids_and_buckets_are_those_of_etcds_own_tool(string etcd, string cluster, string token, string name)
    {
        var release = EtcdBinaries.Get(etcd);
        var theirs = _temp["theirs"];
        var urls = string.Join(',', cluster.Split(',').Where(m => m.StartsWith(name + "=", StringComparison.Ordinal)).Select(m => m[(name.Length + 1)..]));
        await release.SnapshotAsync(
            "restore", RestorePlans.Golden, "--name", name, "--data-dir", theirs, "--initial-cluster", cluster, "--initial-cluster-token", token, "--initial-advertise-peer-urls", urls);

        var ours = _temp["ours"];
        var topology = ClusterTopology.Parse(cluster, token);
        var options = new RestoreOptions { Topology = topology, Targets = [new RestoreTarget(name, ours)] };
        var told = (await RestorePlans.RestoreAsync(RestorePlans.Golden, options)).Single();

        AssertWal(theirs, ours, sameToTheEnd: release.IsAtLeast(5));
        AssertSnap(theirs, ours);
        AssertBuckets(release, theirs, ours);
        Assert.Contains(Items(RestorePlans.DatabaseOf(release.IsAtLeast(5) ? theirs : ours), "members"), m => m.StartsWith(told.MemberId + "=", StringComparison.Ordinal));
    }

    private static void AssertWal(string theirs, string ours, bool sameToTheEnd)
    {
        var mine = File.ReadAllBytes(Path.Combine(ours, "member", "wal", RestoredWal.FileName));
        var them = File.ReadAllBytes(Path.Combine(theirs, "member", "wal", RestoredWal.FileName));
        // 3.4 leaves the conf state out of the last record, which later versions insist on: equal up to that record then.
        var same = sameToTheEnd ? mine.Length : LastFrame(mine);
        Assert.Equal(them.AsSpan(0, same), mine.AsSpan(0, same));
        if (sameToTheEnd)
        {
            Assert.False(them.AsSpan(same).ContainsAnyExcept((byte)0), "etcdutl wrote more than we did.");
        }
    }

    private static int LastFrame(byte[] wal)
    {
        var at = 0;
        while (true)
        {
            var header = BitConverter.ToUInt64(wal, at);
            var length = (int)(header & 0x00FF_FFFF_FFFF_FFFF) + (int)(header >> 56 & 0x7);
            if (at + sizeof(ulong) + length == wal.Length)
            {
                return at;
            }

            at += sizeof(ulong) + length;
        }
    }

    // Its name, and after the v2 store, which may be smaller than theirs, the metadata: conf state, index, term.
    private static void AssertSnap(string theirs, string ours)
    {
        var mine = Directory.GetFiles(Path.Combine(ours, "member", "snap"), "*.snap").Single();
        var them = Directory.GetFiles(Path.Combine(theirs, "member", "snap"), "*.snap").Single();
        Assert.Equal(Path.GetFileName(them), Path.GetFileName(mine));
        Assert.Equal(Convert.ToHexString(Field(Field(File.ReadAllBytes(them), 2), 2)), Convert.ToHexString(Field(Field(File.ReadAllBytes(mine), 2), 2)));
    }

    private static byte[] Field(byte[] message, int number)
    {
        var reader = new ProtoReader(message);
        while (reader.TryReadField(out var field))
        {
            if (field.Number == number)
            {
                return field.Bytes.ToArray();
            }
        }

        throw new InvalidDataException($"No field {number}.");
    }

    private static void AssertBuckets(EtcdRelease release, string theirs, string ours)
    {
        var (mine, them) = (RestorePlans.DatabaseOf(ours), RestorePlans.DatabaseOf(theirs));
        Assert.Empty(Items(mine, "members_removed"));
        Assert.Equal(Items(them, "members_removed"), Items(mine, "members_removed"));
        foreach (var bucket in new[] { "alarm", "auth", "authRoles", "authUsers", "cluster", "key", "lease" })
        {
            Assert.Equal(Items(them, bucket), Items(mine, bucket));
        }

        // The conf state of the old cluster stays behind where etcd's tool restores; ours is the new cluster's.
        static IEnumerable<string> Meta(string file) => Items(file, "meta").Where(i => !i.StartsWith("confState=", StringComparison.Ordinal));
        if (release.IsAtLeast(5))
        {
            Assert.Equal(Items(them, "members"), Items(mine, "members"));
            Assert.Equal(Meta(them), Meta(mine));
        }
        else
        {
            // 3.4 leaves the bucket with the old members, which its server never reads, and knows no term there.
            Assert.All(Meta(them).Where(i => !i.StartsWith("term=", StringComparison.Ordinal)), item => Assert.Contains(item, Meta(mine)));
        }
    }

    private static List<string> Items(string file, string bucket)
    {
        using var source = FileByteSource.Open(file);
        using var cursor = BoltDatabase.Open(source).OpenBucket(Encoding.ASCII.GetBytes(bucket))?.OpenCursor();
        var items = new List<string>();
        for (var more = cursor?.MoveFirst() == true; more; more = cursor!.MoveNext())
        {
            items.Add($"{Encoding.UTF8.GetString(cursor!.Key)}={Encoding.Latin1.GetString(cursor.Value)}");
        }

        return items;
    }
}
