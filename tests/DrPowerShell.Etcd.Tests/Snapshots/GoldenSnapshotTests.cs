using System.Text.Json.Nodes;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots;

/// <summary>Small snapshots of real clusters: what etcd's own tools said of them, and every way to shorten them or flip a byte.</summary>
public sealed class GoldenSnapshotTests
{
    private const int Trailer = SnapshotVerifier.DigestSize;

    // A file of 60 KB may cost a few MB (the block buffers and the index of keys), never more, whatever it says of itself.
    private const long MaxAllocation = 6 << 20;
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(30);

    // The older runtime runs the same code: a byte in eleven shows what differs.
    private static readonly int Every = Environment.Version.Major >= 10 ? 1 : 11;

    public static IEnumerable<object[]> Goldens => [["golden.db"], ["golden-3.4.db"]];

    public static IEnumerable<object[]> GoldensAndLevels =>
    [
        ["golden.db", VerificationLevel.Digest],
        ["golden.db", VerificationLevel.Structure],
        ["golden.db", VerificationLevel.Full],
        ["golden-3.4.db", VerificationLevel.Full],
    ];

    [Theory]
    [MemberData(nameof(Goldens))]
    public void The_figures_are_those_of_etcds_own_tools(string golden)
    {
        var result = Verify.Full(Load(golden));
        var expected = JsonNode.Parse(File.ReadAllText(RepositoryPaths.Fixture("golden.json")))![golden]!;
        Assert.True(result.IsValid, string.Join('\n', result.Findings));
        Assert.DoesNotContain(result.Findings, f => f.Severity == FindingSeverity.Error);
        Assert.True(result.DigestPresent);
        Assert.Equal(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Load(golden))).ToLowerInvariant(), result.FileSha256);
        Assert.Equal((uint)expected["status"]!["hash"]!, result.Status!.Hash);
        Assert.Equal((long)expected["status"]!["revision"]!, result.Status.Revision);
        Assert.Equal((long)expected["status"]!["totalKey"]!, result.Status.TotalKeyV35);
        Assert.Equal((long)expected["status"]!["totalSize"]!, result.Status.TotalSize);
        Assert.Equal(expected["keys"]!.AsArray().Count, result.Status.TotalKeyV36);
        Assert.Equal((uint)expected["hashKV"]!["hash"]!, result.HashKv);
        Assert.Equal((bool)expected["authEnabled"]!, result.Status.Metadata.IsAuthEnabled);
        Assert.Equal(expected["leases"]!.AsArray().Count, result.Status.Metadata.LeaseCount);
    }

    [Theory]
    [MemberData(nameof(GoldensAndLevels))]
    public void Every_truncation_is_detected(string golden, VerificationLevel level)
    {
        var file = Load(golden);
        Parallel.ForEach(Sampled(file.Length, Trailer), length =>
        {
            var result = Verify.Level(file[..length], level);
            if (length == file.Length - Trailer)
            {
                // Nothing but the digest is gone: the file is as sound as a member's own database, and says that it carries no proof.
                Assert.False(result.DigestPresent);
                Assert.Contains(result.Findings, f => f.Code == "DigestMissing");
            }
            else
            {
                Assert.False(result.IsValid, $"Cut to {length} bytes, it passed.");
            }
        });
    }

    [Theory]
    [MemberData(nameof(GoldensAndLevels))]
    public void Every_flipped_byte_is_detected(string golden, VerificationLevel level)
    {
        var file = Load(golden);
        var random = new Random(20261122);
        var masks = file.Select(_ => (byte)(random.Next(2) == 0 ? 0xFF : 1 << random.Next(8))).ToArray();
        Parallel.ForEach(Sampled(file.Length, Trailer), () => (byte[])file.Clone(), (at, _, mine) =>
        {
            // The metas decide how all else is read: every bit of them.
            byte[] flips = at < 8192 && at % 4096 < 80 ? [1, 2, 4, 8, 16, 32, 64, 128] : [masks[at]];
            foreach (var mask in flips)
            {
                mine[at] ^= mask;
                var result = Verify.Level(mine, level);
                mine[at] ^= mask;
                Assert.False(result.IsValid, $"Byte {at} with 0x{mask:x2} flipped passed.");
            }

            return mine;
        }, _ => { });
    }

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Without_the_digest_every_flipped_byte_ends_in_a_result_in_bounded_memory(string golden)
    {
        var file = Load(golden)[..^Trailer];
        var random = new Random(20261123);
        var unseen = 0;
        foreach (var at in Sampled(file.Length, 0))
        {
            var mask = (byte)(at < 8192 && at % 4096 < 80 ? 1 << (at % 8) : random.Next(2) == 0 ? 0xFF : 1 << random.Next(8));
            file[at] ^= mask;
            unseen += CheckBounded(file, $"byte {at} ^ 0x{mask:x2}") ? 1 : 0;
            file[at] ^= mask;
        }

        // Values, unused space and the page headers of metas carry no redundancy; most of this small file is unused space.
        Assert.True(unseen < file.Length);
    }

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Without_the_digest_every_truncation_is_detected(string golden)
    {
        var file = Load(golden)[..^Trailer];
        foreach (var length in Sampled(file.Length, 0))
        {
            Assert.False(CheckBounded(file[..length], $"cut to {length}"), $"Cut to {length} bytes, it passed.");
        }
    }

    // The first pages and the last bytes, and the sample of what is between.
    private static IEnumerable<int> Sampled(int length, int last) =>
        Enumerable.Range(0, length).Where(at => at % Every == 0 || at < 256 || (at >= 4096 && at < 4352) || at >= length - last - 1);

    // Whether the verification passed, with the whole thing inside its bounds.
    private static bool CheckBounded(byte[] file, string what)
    {
        using var source = new MemorySource(file);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var started = DateTime.UtcNow;
        var valid = IsValid(source);
        _ = Verify.WithCursors(source);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < MaxAllocation, $"{what}: {allocated:N0} bytes were allocated.");
        Assert.True(DateTime.UtcNow - started < MaxDuration, $"{what}: it took {DateTime.UtcNow - started}.");
        return valid;
    }

    // The scan runs on this thread, so that its allocations are counted; the verifier adds the check of the length.
    private static bool IsValid(MemorySource source)
    {
        var result = Verify.Level(source, VerificationLevel.Digest);
        Assert.Equal(SnapshotVerifier.HasDigest(source.Length), result.DigestPresent);
        try
        {
            return Verify.Scan(source).Findings.All(f => f.Severity != FindingSeverity.Error) && result.IsValid;
        }
        catch (RecoveryException)
        {
            Assert.False(result.IsValid);
            return false;
        }
    }

    internal static byte[] Load(string golden) => File.ReadAllBytes(RepositoryPaths.Fixture(golden));
}
