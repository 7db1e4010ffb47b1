using System.Text;
using DrPowerShell.Etcd.Mvcc;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Mvcc;

public sealed class Crc32CTests
{
    // RFC 3720, appendix B.4.
    [Theory]
    [InlineData("123456789", 0xE3069283)]
    [InlineData("", 0u)]
    public void It_is_the_castagnoli_crc(string text, uint expected) => Assert.Equal(expected, Crc32C.Compute(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Bytes_and_words_give_what_a_bit_by_bit_computation_does()
    {
        var random = new Random(1);
        for (var i = 0; i < 500; i++)
        {
            var bytes = Bytes(random, random.Next(100));
            var state = uint.MaxValue;
            foreach (var b in bytes)
            {
                state ^= b;
                for (var bit = 0; bit < 8; bit++)
                {
                    state = (state & 1) != 0 ? (state >> 1) ^ 0x82F63B78 : state >> 1;
                }
            }

            Assert.Equal(~state, Crc32C.Compute(bytes));
        }
    }

    [Fact]
    public void Two_registers_at_once_are_two_registers()
    {
        var random = new Random(2);
        for (var i = 0; i < 500; i++)
        {
            var bytes = Bytes(random, random.Next(100));
            uint first = (uint)random.NextInt64(), second = (uint)random.NextInt64();
            var (a, b) = (Crc32C.Update(first, bytes), Crc32C.Update(second, bytes));
            Crc32C.UpdateTwo(ref first, ref second, bytes);
            Assert.Equal((a, b), (first, second));
        }
    }

    [Fact]
    public void Joined_pieces_are_the_whole()
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = Bytes(random, random.Next(i < 1900 ? 200 : 300_000));
            var cut = random.Next(bytes.Length + 1);
            var first = Crc32C.Update(Crc32C.Begin, bytes.AsSpan(0, cut));
            var second = Crc32C.Update(0, bytes.AsSpan(cut));
            var joined = Crc32C.Join(first, Crc32C.ShiftFactor((ulong)(bytes.Length - cut)), second);
            Assert.Equal(Crc32C.Compute(bytes), Crc32C.End(joined));
        }
    }

    [Fact]
    public void The_software_product_is_the_hardwares()
    {
        var random = new Random(4);
        uint[] corners = [0, 1, 0x80000000, uint.MaxValue, 0x82F63B78, 0x40000000];
        foreach (var a in corners.Concat(Enumerable.Range(0, 2000).Select(_ => (uint)random.NextInt64())))
        {
            foreach (var b in corners.Append((uint)random.NextInt64()))
            {
                // Join uses the fastest product that the processor has.
                Assert.Equal(Crc32C.MultiplyPlain(a, b), Crc32C.Join(a, b, 0));
                Assert.Equal(Crc32C.MultiplyPlain(b, a), Crc32C.MultiplyPlain(a, b));
            }
        }
    }

    [Fact]
    public void A_shift_past_terabytes_is_the_shift_past_its_parts()
    {
        var (a, b) = (3UL << 40, 12345UL);
        Assert.Equal(Crc32C.ShiftFactor(a + b), Crc32C.MultiplyPlain(Crc32C.ShiftFactor(a), Crc32C.ShiftFactor(b)));
        _ = Crc32C.ShiftFactor(ulong.MaxValue);
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
