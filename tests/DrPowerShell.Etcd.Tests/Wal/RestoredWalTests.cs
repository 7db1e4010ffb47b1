using System.Security.Cryptography;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Wal;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Wal;

public sealed class RestoredWalTests
{
    [Fact]
    public void The_wal_of_a_default_member_is_the_one_that_etcdutl_3_5_and_3_6_write()
    {
        var topology = ClusterTopology.Parse("default=http://localhost:2380");
        var wal = RestoredWal.Encode(topology, topology["default"]);
        Assert.Equal(288, wal.Length);
        Assert.Equal("5d6ef1158b8cf9062b717f2d86ae1cf6ef98f09cb5a0af0f259a839ff2050928", Convert.ToHexString(SHA256.HashData(wal)).ToLowerInvariant());
        Assert.Equal(["0", "5f91c0bb", "edb1dd94", "b2a4b742", "88758c1b", "ddeb8f0d"], Records(wal).Select(r => r.Crc.ToString("x")));
        Assert.Equal([WalRecordType.Crc, WalRecordType.Metadata, WalRecordType.Snapshot, WalRecordType.Entry, WalRecordType.State, WalRecordType.Snapshot], Records(wal).Select(r => r.Type));
    }

    [Fact]
    public void Every_frame_is_padded_to_eight_bytes_and_says_so()
    {
        for (var length = 0; length < 40; length++)
        {
            var encoder = new WalEncoder();
            encoder.Add(WalRecordType.Entry, new byte[length]);
            var wal = encoder.Written.ToArray();
            Assert.Equal(0, wal.Length % 8);
            Assert.Single(Records(wal));
        }
    }

    [Fact]
    public void What_is_written_is_read_back_by_the_reader_of_stopped_members()
    {
        var topology = ClusterTopology.Parse("a=http://h1:1,b=http://h2:1,c=http://h3:1", learners: ["c"]);
        using var temp = new DrPowerShell.Testing.TempFolder("wal");
        File.WriteAllBytes(temp[RestoredWal.FileName], RestoredWal.Encode(topology, topology["b"]));
        Assert.Equal(3UL, WalReader.Read(temp.FullName, TestContext.Current.CancellationToken).LastIndex);
    }

    private static List<(WalRecordType Type, uint Crc)> Records(byte[] wal)
    {
        var records = new List<(WalRecordType, uint)>();
        for (var at = 0; at < wal.Length;)
        {
            var header = BitConverter.ToUInt64(wal, at);
            var length = (int)(header & 0x00FF_FFFF_FFFF_FFFF);
            var padding = (header >> 63) == 0 ? 0 : (int)(header >> 56 & 0x7);
            var reader = new ProtoReader(wal.AsSpan(at + sizeof(ulong), length));
            (ulong type, ulong crc) = (0, 0);
            while (reader.TryReadField(out var field))
            {
                (type, crc) = field.Number switch { 1 => (field.Value, crc), 2 => (type, field.Value), _ => (type, crc) };
            }

            Assert.True(reader.IsAtEnd);
            Assert.False(wal.AsSpan(at + sizeof(ulong) + length, padding).ContainsAnyExcept((byte)0));
            records.Add(((WalRecordType)type, (uint)crc));
            at += sizeof(ulong) + length + padding;
        }

        return records;
    }
}
