using System.Security.Cryptography;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>Changes to a real snapshot's bytes.</summary>
internal static class SnapshotEdits
{
    /// <summary>Replaces every occurrence of a text by one of the same length, and puts the digest right again.</summary>
    public static void Replace(string file, string text, string with)
    {
        var bytes = File.ReadAllBytes(file);
        var (old, replacement) = (System.Text.Encoding.UTF8.GetBytes(text), System.Text.Encoding.UTF8.GetBytes(with));
        var found = 0;
        for (var at = bytes.AsSpan().IndexOf(old); at >= 0; at = bytes.AsSpan().IndexOf(old))
        {
            replacement.CopyTo(bytes.AsSpan(at));
            found++;
        }

        if (found == 0 || old.Length != replacement.Length)
        {
            throw new InvalidOperationException($"'{text}' occurs {found} times in {file}.");
        }

        SHA256.HashData(bytes.AsSpan(..^SnapshotVerifier.DigestSize), bytes.AsSpan(^SnapshotVerifier.DigestSize..));
        File.WriteAllBytes(file, bytes);
    }

    /// <summary>Flips one bit of a byte.</summary>
    public static void Flip(string file, long offset)
    {
        using var stream = File.Open(file, FileMode.Open);
        stream.Position = offset;
        var value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 0x10));
    }

    /// <summary>The pages that are in use.</summary>
    public static PageSet InUse(string file)
    {
        using var source = FileByteSource.Open(file);
        var database = BoltDatabase.Open(source);
        var findings = new FindingCollector();
        var walker = new BoltWalker(database.Cache, findings, new Visitor(), null, CancellationToken.None);
        walker.Walk(database.Meta);
        return walker.Reachable;
    }

    private sealed class Visitor : IBoltVisitor
    {
        public void EnterBucket(ReadOnlySpan<byte> name, int depth)
        {
        }

        public void Item(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, PageId page)
        {
        }

        public void LeaveBucket(int depth)
        {
        }
    }
}
