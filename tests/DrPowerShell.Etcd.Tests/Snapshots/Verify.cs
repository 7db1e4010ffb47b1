using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;

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

    /// <summary>Plans a restore with a bump and builds its pages; returns the typed error that ended it, null where none did.</summary>
    public static RecoveryException? WithRestore(IByteSource source, bool dense)
    {
        try
        {
            var database = BoltDatabase.Open(source, 1 << 20);
            var metadata = SnapshotMetadataReader.Read(database);
            var options = new RestoreOptions
            {
                Topology = ClusterTopology.Parse("m1=http://127.0.0.1:2380"),
                Targets = [new RestoreTarget("m1", "/nowhere")],
                RevisionBump = 1000,
                ClearAlarms = true,
                ClearDowngrade = true,
                DisableAuth = true,
                TargetVersion = new Version(3, 5),
            };
            RestorePreflight.Check(source.Name, metadata, options);
            var edits = RestoreEdits.Plan(database, metadata, options);
            AppendedPages.Build(database, edits);
            if (dense)
            {
                BuildDense(database, edits);
            }

            return null;
        }
        catch (RecoveryException e)
        {
            return e;
        }
    }

    private static void BuildDense(BoltDatabase database, RestoreEdits edits)
    {
        var queue = new BlockQueue();
        var drain = Task.Run(async () =>
        {
            await foreach (var block in queue.Blocks.ReadAllAsync())
            {
                queue.Return(block.Buffer);
            }
        });
        try
        {
            new DenseImage(database, edits, queue, CancellationToken.None).Build();
        }
        finally
        {
            queue.Complete();
            drain.GetAwaiter().GetResult();
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

            // A bucket whose tree holds itself twice has no end.
            if (cursor.IsBucket && depth < 3)
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
