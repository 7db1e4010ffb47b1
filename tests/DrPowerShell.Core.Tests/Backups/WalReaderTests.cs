using System.Runtime.Versioning;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Etcd.Wal;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Backups;

[UnsupportedOSPlatform("windows")]
public sealed class WalReaderTests : IDisposable
{
    private readonly TempFolder _temp = new("wal");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("3.4", 4)]
    [InlineData("3.5", 4)]
    [InlineData("3.5", 1050)]
    public async Task A_member_that_was_killed_tells_at_least_the_revision_that_its_clients_saw(string name, int valueKilobytes)
    {
        // With large values the WAL has several segments, of which old ones are purged.
        string[] extra = valueKilobytes > 1000 ? ["--snapshot-count=20", "--max-wals=2", "--max-snapshots=1"] : [];
        var release = EtcdBinaries.Get(name);
        await using var live = await EtcdTestCluster.StartAsync(release, new() { ExtraArguments = extra });
        var load = await EtcdLoad.OpenAsync(live);
        var value = new string('v', valueKilobytes * 1000);
        long seen = 0;
        for (var i = 0; i < 75; i++)
        {
            seen = await load.PutAsync($"k{i % 7}", value);
        }

        await live.KillMemberAsync(0);

        var data = live.Members[0].DataDirectory;
        var newest = RevisionBump.NewestRevisionOf(data, Token);
        // No more than one revision an entry, of which some are not writes of keys.
        Assert.InRange(newest, seen, seen + 30);
        var wal = WalReader.Read(Path.Combine(data, "member", "wal"), Token);
        Assert.True(wal.LastIndex >= (ulong)seen);
        Assert.InRange(wal.Commit, wal.LastIndex - 2, wal.LastIndex);
        Assert.NotEqual(0UL, wal.MemberId);
        Assert.NotEqual(0UL, wal.ClusterId);
        using (var db = FileByteSource.Open(Path.Combine(data, "member", "snap", "db")))
        {
            Assert.True(wal.LastIndex >= (SnapshotMetadataReader.Read(BoltDatabase.Open(db)).ConsistentIndex ?? 0));
        }

        if (valueKilobytes > 1000)
        {
            Assert.True(Directory.GetFiles(Path.Combine(data, "member", "wal"), "*.wal").Length > 1);
        }

        // etcd itself gets as far.
        await live.StartMemberAsync(0);
        Assert.Equal(seen, await (await EtcdLoad.OpenAsync(live)).RevisionAsync());
    }

    [Fact]
    public async Task A_torn_tail_and_flipped_bytes_end_the_reading_where_etcd_would_end_it()
    {
        await using var live = await EtcdTestCluster.StartAsync(EtcdBinaries.V34);
        var load = await EtcdLoad.OpenAsync(live);
        await load.PutSequenceAsync(200, valueSize: 50);
        for (var i = 0; i < 40; i++)
        {
            await load.PutAsync("k", $"{i}");
        }

        await live.StopMemberAsync(0);
        var segment = Directory.GetFiles(Path.Combine(live.Members[0].DataDirectory, "member", "wal"), "*.wal").Single();
        var bytes = await File.ReadAllBytesAsync(segment, Token);
        var used = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        bytes = bytes[..used];
        var whole = await ReadAsync([.. bytes, .. new byte[4096]]);
        Assert.True(whole.LastIndex > 40);

        ulong last = 0;
        for (var length = 0; length <= bytes.Length; length += length < 600 || length > bytes.Length - 600 ? 1 : 37)
        {
            var cut = await ReadAsync(bytes[..length]);
            Assert.InRange(cut.LastIndex, last, whole.LastIndex);
            last = cut.LastIndex;
        }

        Assert.Equal(whole.LastIndex, last);
        var random = new Random(5);
        for (var i = 0; i < 300; i++)
        {
            var flipped = (byte[])bytes.Clone();
            flipped[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            var read = await ReadAsync(flipped);
            Assert.True(read.LastIndex <= whole.LastIndex);
        }

        Assert.Equal(new WalSummary(0, 0, 0, 0, 0), WalReader.Read(_temp["none"], Token));

        async Task<WalSummary> ReadAsync(byte[] content)
        {
            var folder = _temp.CreateFolder("w");
            await File.WriteAllBytesAsync(Path.Combine(folder, Path.GetFileName(segment)), content, Token);
            return WalReader.Read(folder, Token);
        }
    }

    [Fact]
    public void A_folder_that_is_no_data_directory_is_a_typed_error() =>
        Assert.Throws<SnapshotFileNotFoundException>(() => RevisionBump.NewestRevisionOf(_temp.FullName, Token));
}
