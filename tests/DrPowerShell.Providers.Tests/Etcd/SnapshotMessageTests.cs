using System.Buffers;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Providers.Etcd;
using Etcdserverpb;
using Google.Protobuf;
using Xunit;

namespace DrPowerShell.Providers.Tests.Etcd;

/// <summary>Messages decoded by hand: as the generated class decodes them, in whatever pieces they come, or refused.</summary>
public sealed class SnapshotMessageTests
{
    private static readonly byte[] Blob = [.. Enumerable.Range(0, 40_000).Select(i => (byte)i)];

    // version = 4 and fields of a future release; each wire type that may be skipped.
    private static readonly byte[] Later = [0x22, 5, .. "3.6.0"u8, 0x28, 0x96, 0x01, 0x32, 2, 1, 2, 0x39, 1, 2, 3, 4, 5, 6, 7, 8, 0x45, 1, 2, 3, 4];

    private static byte[] Encoded => [.. new SnapshotResponse
    {
        Header = new ResponseHeader { ClusterId = 1, Revision = 9 },
        RemainingBytes = 123_456_789_012,
        Blob = ByteString.CopyFrom(Blob),
    }.ToByteArray(), .. Later];

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(int.MaxValue)]
    public void It_reads_what_the_generated_class_writes_in_pieces_of_any_size(int size)
    {
        var message = new SnapshotMessage();
        for (var i = 0; i < 2; i++)
        {
            message.Decode(Split(Encoded, size));
            Assert.Equal(123_456_789_012, message.RemainingBytes);
            Assert.True(message.Blob.Span.SequenceEqual(Blob));
            Assert.Equal("3.6.0", message.Version);
        }

        message.Decode(ReadOnlySequence<byte>.Empty);
        Assert.Equal((0L, 0, null), (message.RemainingBytes, message.Blob.Length, message.Version));
    }

    [Fact]
    public void A_piece_larger_than_the_buffer_is_taken_whole()
    {
        var large = new byte[3_000_000];
        Random.Shared.NextBytes(large);
        var message = new SnapshotMessage();
        message.Decode(new ReadOnlySequence<byte>(new SnapshotResponse { Blob = ByteString.CopyFrom(large) }.ToByteArray()));
        Assert.True(message.Blob.Span.SequenceEqual(large));
    }

    [Fact]
    public void Every_truncation_is_refused_or_ends_between_two_fields()
    {
        var whole = new SnapshotResponse { RemainingBytes = 300, Blob = ByteString.CopyFromUtf8("blob") }.ToByteArray();
        var message = new SnapshotMessage();
        for (var length = 0; length < whole.Length; length++)
        {
            var cut = new ReadOnlySequence<byte>(whole[..length]);
            if (length is 0 or 3)
            {
                message.Decode(cut);
            }
            else
            {
                Assert.Throws<InvalidDataException>(() => message.Decode(cut));
            }
        }
    }

    [Fact]
    public void A_length_beyond_the_message_is_refused_without_allocating_it() => Assert.Throws<InvalidDataException>(
        () => new SnapshotMessage().Decode(new ReadOnlySequence<byte>([0x1a, 0xff, 0xff, 0xff, 0xff, 0x07, 1])));

    [Fact]
    public void The_quota_of_a_newer_server_is_read_from_the_field_that_the_client_does_not_know()
    {
        byte[] newer = [.. new StatusResponse { Header = new ResponseHeader(), Version = "3.6.4" }.ToByteArray(), 0x5a, 3, .. "3.6"u8, 0x60, 0x80, 0x80, 0x80, 0x80, 0x08];
        var status = EtcdMapping.ToStatus(new Uri("http://a:1"), StatusResponse.Parser.ParseFrom(newer));
        Assert.Equal(2_147_483_648, status.DbSizeQuota);
        Assert.Null(EtcdMapping.ToStatus(new Uri("http://a:1"), new StatusResponse { Header = new ResponseHeader() }).DbSizeQuota);
    }

    [Fact]
    public void A_member_s_address_that_is_no_URL_does_not_break_the_list()
    {
        var list = new MemberListResponse { Header = new ResponseHeader() };
        list.Members.Add(new Member { ID = 0xabc, ClientURLs = { "http://a:1", "not a url" } });
        var member = Assert.Single(EtcdMapping.ToMembers(list).Members);
        Assert.Equal(("abc", new Uri("http://a:1")), (member.IdText, Assert.Single(member.ClientUrls)));
    }

    private static ReadOnlySequence<byte> Split(byte[] bytes, int size)
    {
        if (size >= bytes.Length)
        {
            return new ReadOnlySequence<byte>(bytes);
        }

        var first = new Piece(bytes.AsMemory(0, size), 0);
        var last = first;
        for (var at = size; at < bytes.Length; at += size)
        {
            last = last.Append(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)));
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
