using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Etcd.Tests.Snapshots;

/// <summary>Puts bytes through everything of the product that reads a database.</summary>
internal static class Verify
{
    public static SnapshotTestResult Full(byte[] file) => Level(file, VerificationLevel.Full);

    public static SnapshotTestResult Level(byte[] file, VerificationLevel level)
    {
        using var source = new MemorySource(file);
        return Level(source, level);
    }

    public static SnapshotTestResult Level(IByteSource source, VerificationLevel level, CancellationToken cancellationToken = default) =>
        new SnapshotVerifier().VerifyAsync(source, level, null, cancellationToken).GetAwaiter().GetResult();

    /// <summary>The same scan on this thread, with limits of the test's choice.</summary>
    public static ScanOutcome Scan(IByteSource source, ScanLimits? limits = null)
    {
        var findings = new FindingCollector();
        using var scan = new SnapshotScan(source, findings, withRows: true, null, CancellationToken.None, limits);
        var status = scan.Run();
        return new ScanOutcome(status, scan.HashKv!.Value.Now, scan.HashKv.Value.AfterBoot, findings.ToList());
    }

    /// <summary>Reads everything that can be reached with cursors; returns the typed error that ended it, null where none did.</summary>
    public static RecoveryException? WithCursors(IByteSource source)
    {
        try
        {
            var database = BoltDatabase.Open(source, 1 << 20);
            using var root = database.OpenRoot().OpenCursor();
            for (var more = root.MoveFirst(); more; more = root.MoveNext())
            {
                if (root.IsBucket)
                {
                    Drain(database.OpenRoot().FromValue(root.Value), 1);
                }
            }

            using var reader = SnapshotKeyReader.Open(source);
            _ = reader.Read(EtcdKeyRange.All).Count();

            return null;
        }
        catch (RecoveryException e)
        {
            return e;
        }
    }

    private static void Drain(BoltBucket bucket, int depth)
    {
        using var cursor = bucket.OpenCursor();
        byte[]? middle = null;
        var count = 0;
        for (var more = cursor.MoveFirst(); more; more = cursor.MoveNext())
        {
            if (++count % 16 == 1)
            {
                middle = cursor.Key.ToArray();
            }

            if (cursor.IsBucket && depth < 100)
            {
                Drain(bucket.FromValue(cursor.Value), depth + 1);
            }
        }

        cursor.MoveLast();
        if (middle is not null)
        {
            cursor.Seek(middle);
            bucket.Get(middle);
        }
    }
}

internal sealed record ScanOutcome(SnapshotStatus? Status, uint HashKv, uint HashKvAfterBoot, IReadOnlyList<SnapshotFinding> Findings);
