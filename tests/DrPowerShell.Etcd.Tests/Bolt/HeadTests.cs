using DrPowerShell.Etcd.Bolt;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Bolt;

/// <summary>Whether a file is worth fetching is told from its beginning.</summary>
public sealed class HeadTests
{
    [Theory]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(65536)]
    public void Either_meta_page_is_enough(int pageSize)
    {
        var head = new byte[BoltDatabase.HeadLength];
        Assert.False(BoltDatabase.HasMeta(head));
        Meta(0, pageSize).Write(head.AsSpan(16));
        Assert.True(BoltDatabase.HasMeta(head));
        head[16 + 60]++;
        Assert.False(BoltDatabase.HasMeta(head));
        Meta(1, pageSize).Write(head.AsSpan(pageSize + 16));
        Assert.True(BoltDatabase.HasMeta(head));
        Assert.False(BoltDatabase.HasMeta(head.AsSpan(0, pageSize + 79)));
    }

    [Fact]
    public void A_second_meta_page_elsewhere_than_its_page_size_says_is_none()
    {
        var head = new byte[BoltDatabase.HeadLength];
        Meta(1, 4096).Write(head.AsSpan(8192 + 16));
        Assert.False(BoltDatabase.HasMeta(head));
        Assert.False(BoltDatabase.HasMeta([]));
    }

    private static BoltMeta Meta(int slot, int pageSize) => new()
    {
        Slot = slot, PageSize = pageSize, Root = new(3), RootSequence = 0, Freelist = new(ulong.MaxValue), HighWaterMark = new(4), TransactionId = 1,
    };
}
