using System.Buffers.Binary;
using System.Diagnostics;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Tests.Bolt;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots;

/// <summary>
/// A hundred thousand damaged files, made from the golden one by a seed. DR_MUTATION_SEED repeats a run, DR_MUTATION_INDEX one file of it.
/// </summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    // The whole campaign runs on the newest runtime; on .NET 8 a part of it looks for what its base library does otherwise.
    private static readonly int Files = Environment.Version.Major >= 10 ? 100_000 : 20_000;
    private const int PageSize = 4096;
    private const int DefaultSeed = 20261122;

    private static readonly uint[] Numbers = [0, 1, 2, 15, 16, 17, 255, 4095, 4096, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF];

    [Fact]
    public void No_mutation_ends_in_anything_but_a_result_or_a_typed_error()
    {
        var seed = Environment.GetEnvironmentVariable("DR_MUTATION_SEED") is { Length: > 0 } given ? int.Parse(given) : DefaultSeed;
        var only = Environment.GetEnvironmentVariable("DR_MUTATION_INDEX") is { Length: > 0 } index ? int.Parse(index) : -1;
        output.WriteLine($"seed {seed}");
        byte[][] originals = [GoldenSnapshotTests.Load("golden.db")[..^32], GoldenSnapshotTests.Load("golden-3.4.db")[..^32]];
        var (found, slowest) = (0, 0L);
        var first = only >= 0 ? only : 0;
        Parallel.For(first, only >= 0 ? only + 1 : Files, i =>
        {
            var file = Mutate(originals[i % originals.Length], new Random(unchecked((seed * 1_000_003) + i)));
            var time = Stopwatch.StartNew();
            try
            {
                var result = Verify.Full(file);
                Interlocked.Add(ref found, result.IsValid ? 0 : 1);
                Verify.WithCursors(new MemorySource(file));
                Verify.WithRestore(new MemorySource(file), dense: result.IsValid && i % 50 == 0);
            }
            catch (Exception e) when (e is not RecoveryException)
            {
                throw new InvalidOperationException($"DR_MUTATION_SEED={seed} DR_MUTATION_INDEX={i} ended in {e.GetType().Name}: {e.Message}", e);
            }

            if (time.ElapsedMilliseconds > Volatile.Read(ref slowest))
            {
                Volatile.Write(ref slowest, time.ElapsedMilliseconds);
            }

            Assert.True(time.Elapsed < TimeSpan.FromSeconds(60), $"DR_MUTATION_SEED={seed} DR_MUTATION_INDEX={i} took {time.Elapsed}");
        });
        output.WriteLine($"{found:N0} of {Files:N0} were found damaged; the slowest took {slowest} ms.");
        Assert.True(only >= 0 || found > Files / 2);
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var file = (byte[])original.Clone();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            switch (random.Next(9))
            {
                case 0:
                    file[random.Next(file.Length)] = (byte)random.Next(256);
                    break;
                case 1:
                    file[random.Next(file.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    random.NextBytes(Range(file, random));
                    break;
                case 3:
                    Range(file, random).Clear();
                    break;
                case 4:
                    Swap(file, random);
                    break;
                case 5:
                    MutateHeader(file, random);
                    break;
                case 6:
                    MutateElement(file, random);
                    break;
                case 7:
                    MutateMeta(file, random);
                    break;
                default:
                    if (random.Next(20) == 0 && file.Length > 3 * PageSize)
                    {
                        file = file[..random.Next(file.Length)];
                        return file;
                    }

                    MutateElement(file, random);
                    break;
            }
        }

        return file;
    }

    private static Span<byte> Range(byte[] file, Random random)
    {
        var start = random.Next(file.Length);
        return file.AsSpan(start, Math.Min(file.Length - start, 1 << random.Next(12)));
    }

    private static void Swap(byte[] file, Random random)
    {
        var a = Page(file, random);
        var b = Page(file, random);
        var copy = a.ToArray();
        b.CopyTo(a);
        copy.CopyTo(b);
        if (random.Next(2) == 0)
        {
            // Each with the number of its new place, so that what lies deeper is reached.
            var numbers = (BinaryPrimitives.ReadUInt64LittleEndian(a), BinaryPrimitives.ReadUInt64LittleEndian(b));
            BinaryPrimitives.WriteUInt64LittleEndian(a, numbers.Item2);
            BinaryPrimitives.WriteUInt64LittleEndian(b, numbers.Item1);
        }
    }

    private static void MutateHeader(byte[] file, Random random)
    {
        var page = Page(file, random);
        switch (random.Next(4))
        {
            case 0:
                BinaryPrimitives.WriteUInt64LittleEndian(page, (ulong)random.NextInt64());
                break;
            case 1:
                BinaryPrimitives.WriteUInt16LittleEndian(page[8..], new ushort[] { 0, 1, 2, 3, 4, 16, 0xFFFF }[random.Next(7)]);
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(page[10..], (ushort)Number(random));
                break;
            default:
                BinaryPrimitives.WriteUInt32LittleEndian(page[12..], random.Next(2) == 0 ? (uint)random.Next(12) : Number(random));
                break;
        }
    }

    // A field of an element of some branch or leaf; sometimes of an inline page inside the root's leaf, which looks the same.
    private static void MutateElement(byte[] file, Random random)
    {
        for (var tries = 0; tries < 20; tries++)
        {
            var page = Page(file, random);
            var count = BinaryPrimitives.ReadUInt16LittleEndian(page[10..]);
            var kind = BinaryPrimitives.ReadUInt16LittleEndian(page[8..]);
            if (kind is not (1 or 2) || count is 0 or > 200)
            {
                continue;
            }

            var element = page.Slice(16 + (16 * random.Next(count)), 16);
            if (kind == 2 && random.Next(4) == 0)
            {
                // Into the value: an inline bucket's header, a KeyValue message, JSON.
                long start = BinaryPrimitives.ReadUInt32LittleEndian(element[4..]);
                var size = (long)BinaryPrimitives.ReadUInt32LittleEndian(element[8..]) + BinaryPrimitives.ReadUInt32LittleEndian(element[12..]);
                if (start > 0 && size > 0 && start + size + 16 < PageSize)
                {
                    page[(int)(start + 16 + random.NextInt64(size))] = (byte)(random.Next(2) == 0 ? (uint)random.Next(256) : Number(random));
                }

                return;
            }

            var field = element.Slice(4 * random.Next(4), 4);
            BinaryPrimitives.WriteUInt32LittleEndian(field, random.Next(2) == 0
                ? Number(random)
                : unchecked(BinaryPrimitives.ReadUInt32LittleEndian(field) + (uint)random.Next(-20, 21)));
            return;
        }
    }

    // Sealed again, so that the new number is believed.
    private static void MutateMeta(byte[] file, Random random)
    {
        for (var slot = random.Next(2); slot < 2; slot++)
        {
            var meta = file.AsSpan((slot * PageSize) + 16, 64);
            var field = new[] { 8, 16, 24, 32, 40, 48 }[random.Next(6)];
            BinaryPrimitives.WriteUInt32LittleEndian(meta[field..], random.Next(2) == 0 ? (uint)random.Next(20) : Number(random));
            if (random.Next(4) > 0)
            {
                DatabaseWriter.Seal(meta);
            }
        }
    }

    private static Span<byte> Page(byte[] file, Random random)
    {
        var page = random.Next(file.Length / PageSize);
        return file.AsSpan(page * PageSize, PageSize);
    }

    private static uint Number(Random random) => random.Next(2) == 0 ? Numbers[random.Next(Numbers.Length)] : (uint)random.NextInt64();
}
