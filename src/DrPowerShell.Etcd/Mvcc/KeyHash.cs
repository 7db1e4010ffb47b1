using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace DrPowerShell.Etcd.Mvcc;

/// <summary>
/// A 128-bit hash of a user key under a seed of this process. It stands for the key in the index of a scan: with 10 million keys the chance
/// that two share one is about 1 in 10^25, and as the seed is secret no file can be made to collide on purpose.
/// </summary>
internal readonly record struct KeyHash(ulong Low, ulong High)
{
    private const ulong K1 = 0x9E3779B97F4A7C15, K2 = 0xC2B2AE3D27D4EB4F, K3 = 0xD6E8FEB86659FD93, K4 = 0xA0761D6478BD642F;
    private static readonly ulong Seed1 = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));
    private static readonly ulong Seed2 = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));

    public static KeyHash Of(ReadOnlySpan<byte> key)
    {
        var low = Seed1 ^ ((ulong)key.Length * K1);
        var high = Seed2 ^ ((ulong)key.Length * K2);
        while (key.Length > 16)
        {
            Mix(ref low, ref high, BinaryPrimitives.ReadUInt64LittleEndian(key), BinaryPrimitives.ReadUInt64LittleEndian(key[8..]));
            key = key[16..];
        }

        Span<byte> rest = stackalloc byte[16];
        rest.Clear();
        key.CopyTo(rest);
        Mix(ref low, ref high, BinaryPrimitives.ReadUInt64LittleEndian(rest), BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]));
        Mix(ref low, ref high, Seed2, Seed1);
        return new KeyHash(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref ulong low, ref ulong high, ulong a, ulong b)
    {
        var first = Fold(a ^ K3 ^ low, b ^ Seed1 ^ K1);
        var second = Fold(b ^ K4 ^ high, a ^ Seed2 ^ K2);
        low = first ^ System.Numerics.BitOperations.RotateLeft(second, 23);
        high = second + first;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
