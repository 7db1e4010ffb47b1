using DrPowerShell.Etcd.Files;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Files;

/// <summary>Each test has a size of its own: the buffers are those of the whole process.</summary>
public sealed class IdleBuffersTests
{
    [Fact]
    public void A_buffer_that_was_given_back_is_the_next_one_of_its_size()
    {
        var first = IdleBuffers.Rent(4_099);
        IdleBuffers.Return(first);

        Assert.NotSame(first, IdleBuffers.Rent(4_100));
        Assert.Same(first, IdleBuffers.Rent(4_099));
        Assert.NotSame(first, IdleBuffers.Rent(4_099));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    public void A_buffer_is_of_just_the_size_that_was_asked_for(int size) => Assert.Equal(size, IdleBuffers.Rent(size).Length);

    [Fact]
    public void What_needs_memory_meanwhile_has_it()
    {
        var idle = ReturnOne(3 << 20);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(idle.IsAlive);
        Assert.Equal(3 << 20, IdleBuffers.Rent(3 << 20).Length);
    }

    [Fact]
    public void No_buffer_has_two_users_at_once()
    {
        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, number =>
        {
            var mine = IdleBuffers.Rent(4_111);
            mine.AsSpan().Fill((byte)number);
            Thread.Yield();
            Assert.False(mine.AsSpan().ContainsAnyExcept((byte)number));
            IdleBuffers.Return(mine);
        });
    }

    // In a frame of its own, which keeps no reference.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference ReturnOne(int size)
    {
        var buffer = IdleBuffers.Rent(size);
        IdleBuffers.Return(buffer);
        return new(buffer);
    }
}
