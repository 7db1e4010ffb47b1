using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DrPowerShell.Etcd.Mvcc;

/// <summary>
/// CRC-32C (Castagnoli) as Go's hash/crc32 computes it, on the raw register: a checksum begins with <see cref="Begin"/> and ends with
/// <see cref="End"/>. On the raw register a CRC is linear, so that pieces can be computed apart and joined.
/// </summary>
internal static class Crc32C
{
    private const uint Polynomial = 0x82F63B78;

    // x^(2^n) modulo the polynomial, bit-reflected; n = 3 is one byte.
    private static readonly uint[] Powers = MakePowers();

    public static uint Begin => uint.MaxValue;

    public static uint End(uint state) => ~state;

    public static uint Compute(ReadOnlySpan<byte> bytes) => End(Update(Begin, bytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Update(uint state, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var b in bytes)
        {
            state = BitOperations.Crc32C(state, b);
        }

        return state;
    }

    /// <summary>Feeds the same bytes to two registers: one CRC instruction waits for the last, so the second register is nearly free.</summary>
    public static void UpdateTwo(ref uint first, ref uint second, ReadOnlySpan<byte> bytes)
    {
        uint a = first, b = second;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            a = BitOperations.Crc32C(a, word);
            b = BitOperations.Crc32C(b, word);
        }

        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
        {
            a = BitOperations.Crc32C(a, rest);
            b = BitOperations.Crc32C(b, rest);
        }

        first = a;
        second = b;
    }

    /// <summary>The factor that moves a register past <paramref name="length"/> further bytes.</summary>
    public static uint ShiftFactor(ulong length)
    {
        var factor = 1U << 31;
        for (var n = 3; length != 0; length >>= 1, n++)
        {
            if ((length & 1) != 0)
            {
                factor = Multiply(Powers[n], factor);
            }
        }

        return factor;
    }

    /// <summary>The register of A‖B, from the register after A, the factor of B's length, and B's register begun at 0.</summary>
    public static uint Join(uint stateOfFirst, uint shiftFactor, uint zeroStateOfSecond) => Multiply(stateOfFirst, shiftFactor) ^ zeroStateOfSecond;

    private static uint Multiply(uint a, uint b)
    {
        if (Pclmulqdq.IsSupported && Sse42.IsSupported)
        {
            // The 63-bit product, moved up by one bit to stand reflected in 64; the CRC instruction reduces it.
            var product = Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar((ulong)a), Vector128.CreateScalar((ulong)b), 0).ToScalar() << 1;
            return Sse42.Crc32(0, (uint)product) ^ (uint)(product >> 32);
        }

        return MultiplyPlain(a, b);
    }

    internal static uint MultiplyPlain(uint a, uint b)
    {
        uint product = 0;
        for (var mask = 1U << 31; mask != 0; mask >>= 1)
        {
            if ((a & mask) != 0)
            {
                product ^= b;
            }

            b = (b & 1) != 0 ? (b >> 1) ^ Polynomial : b >> 1;
        }

        return product;
    }

    private static uint[] MakePowers()
    {
        var powers = new uint[70];
        powers[0] = 1U << 30;
        for (var n = 1; n < powers.Length; n++)
        {
            powers[n] = MultiplyPlain(powers[n - 1], powers[n - 1]);
        }

        return powers;
    }
}
