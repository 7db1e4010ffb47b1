using System.Security.Cryptography;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Etcd.Snapshots.Restore;

/// <summary>Writes the database of all stages from one read of the snapshot, and checks the digest of the very bytes on the way.</summary>
internal sealed class ImageCopy(
    DurableFiles files, FileByteSource source, BoltDatabase database, RestoreEdits edits, IReadOnlyList<RestoreStage> stages, bool checkDigest, bool links)
{
    private const int WritebackEvery = 8 << 20;

    private long _begun;

    /// <summary>Copies the image as it is, free pages left out as holes, and appends the changes. Returns the database's length.</summary>
    public async Task<long> WritePlainAsync(IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var inUse = await Task.Run(() => CheckStructure(cancellationToken), cancellationToken).ConfigureAwait(false);
        var pages = AppendedPages.Build(database, edits);
        var (written, sharing) = Divide();
        var copied = written.Where(s => !files.TryClone(source.Handle, s.Database)).ToList();
        foreach (var stage in written)
        {
            // Where extents are shared the digest is cut off here; elsewhere this makes room, as a hole.
            OnTarget(stage, () => files.SetLength(stage.Database, pages.Length));
        }

        var queue = new BlockQueue();
        await RunAsync(
            queue,
            token => ReadAndHash(queue, post: copied.Count > 0, progress, token),
            block => WriteInUse(block, copied, inUse),
            cancellationToken).ConfigureAwait(false);
        foreach (var stage in written)
        {
            OnTarget(stage, () => files.Write(stage.Database, pages.Bytes, pages.Offset));
            OnTarget(stage, () => files.Write(stage.Database, pages.Metas, 0));
        }

        Share(sharing);
        return pages.Length;
    }

    /// <summary>Writes only what is in use, densely. Returns the database's length.</summary>
    public async Task<long> WriteDenseAsync(IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var (written, sharing) = Divide();
        var queue = new BlockQueue();
        byte[] metas = [];
        long length = 0;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // The digest is read on a core of its own; the structure was proven by the cursors' own checks and is walked beside it.
        var digest = StopOthersOnFailure(Task.Run(() => ReadAndHash(null, post: false, progress, stop.Token), stop.Token), stop);
        var build = StopOthersOnFailure(
            RunAsync(
                queue,
                token =>
                {
                    CheckStructure(token);
                    (metas, length) = new DenseImage(BoltDatabase.Open(source), edits, queue, token).Build();
                },
                block => WriteAll(block.Buffer.AsMemory(0, block.Length), block.Offset, written),
                stop.Token),
            stop);
        await Task.WhenAll(digest, build).ConfigureAwait(false);
        foreach (var stage in written)
        {
            OnTarget(stage, () => files.Write(stage.Database, metas, 0));
        }

        Share(sharing);
        return length;
    }

    // The members' databases are equal to the byte: where the file system shares extents (tried on the files while they are empty), one is
    // written and the others share it.
    private (List<RestoreStage> Written, List<RestoreStage> Sharing) Divide()
    {
        var linked = stages.Skip(1).Where(s => links && s.TryLinkDatabase(stages[0])).ToList();
        var sharing = stages.Skip(1).Except(linked).Where(s => files.TryClone(stages[0].Database, s.Database)).ToList();
        return ([.. stages.Except(linked).Except(sharing)], sharing);
    }

    private void Share(List<RestoreStage> sharing)
    {
        foreach (var stage in sharing)
        {
            OnTarget(stage, () =>
            {
                if (!files.TryClone(stages[0].Database, stage.Database))
                {
                    throw new IOException("the file system would not share the first member's extents");
                }
            });
        }
    }

    private static async Task StopOthersOnFailure(Task task, CancellationTokenSource stop)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    // One thread reads or builds, this one writes; whichever fails first ends both, and its error is the one that is told.
    private static async Task RunAsync(BlockQueue queue, Action<CancellationToken> produce, Action<BlockQueue.Block> write, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var producer = Task.Run(
            () =>
            {
                try
                {
                    produce(stop.Token);
                    queue.Complete();
                }
                catch (Exception e)
                {
                    queue.Complete(e);
                    throw;
                }
            },
            CancellationToken.None);
        try
        {
            await foreach (var block in queue.Blocks.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                write(block);
                queue.Return(block.Buffer);
            }
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            queue.Complete(new OperationCanceledException());
            // Its error is a consequence of this one, or this one: observed here, told by the throw.
            await producer.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            throw;
        }

        await producer.ConfigureAwait(false);
    }

    private void ReadAndHash(BlockQueue? queue, bool post, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        if (!checkDigest && !post)
        {
            return;
        }

        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[]? own = post ? null : new byte[BlockQueue.BlockSize];
        for (long at = 0; at < database.ImageLength;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var buffer = own ?? queue!.Rent(cancellationToken);
            var length = (int)Math.Min(buffer.Length, database.ImageLength - at);
            source.ReadExactly(at, buffer.AsSpan(0, length));
            if (checkDigest)
            {
                sha.AppendData(buffer, 0, length);
            }

            if (post)
            {
                queue!.Post(new BlockQueue.Block(buffer, at, length));
            }

            at += length;
            progress?.Report(at);
        }

        if (checkDigest)
        {
            CompareDigest(sha);
        }
    }

    private void CompareDigest(IncrementalHash sha)
    {
        var stored = new byte[SnapshotVerifier.DigestSize];
        source.ReadExactly(database.ImageLength, stored);
        var computed = sha.GetHashAndReset();
        if (!computed.AsSpan().SequenceEqual(stored))
        {
            throw new SnapshotDigestMismatchException(source.Name, Hex(computed), Hex(stored));
        }

        static string Hex(byte[] bytes) => Convert.ToHexString(bytes).ToLowerInvariant();
    }

    private PageSet CheckStructure(CancellationToken cancellationToken)
    {
        var findings = new FindingCollector();
        var view = BoltDatabase.Open(source);
        var walker = new BoltWalker(view.Cache, findings, new NoVisitor(), null, cancellationToken);
        walker.Walk(view.Meta);
        // The freelist's own pages are not copied: the restored database has none.
        var inUse = walker.Reachable.Copy();
        BoltFreelist.Check(source, view.Meta, walker.Reachable, findings);
        return findings.HasErrors ? throw new SnapshotNotValidException(source.Name, findings.ToList()) : inUse;
    }

    private void WriteInUse(BlockQueue.Block block, List<RestoreStage> targets, PageSet inUse)
    {
        var pageSize = database.Meta.PageSize;
        if (pageSize > BlockQueue.BlockSize)
        {
            WriteAll(block.Buffer.AsMemory(0, block.Length), block.Offset, targets);
            return;
        }

        for (var at = 0; at < block.Length;)
        {
            var page = (ulong)(block.Offset + at) / (ulong)pageSize;
            var isInUse = inUse.Contains(page);
            var end = at + pageSize;
            while (end < block.Length && inUse.Contains(++page) == isInUse)
            {
                end += pageSize;
            }

            if (isInUse)
            {
                WriteAll(block.Buffer.AsMemory(at, end - at), block.Offset + at, targets);
            }

            at = end;
        }
    }

    private void WriteAll(ReadOnlyMemory<byte> bytes, long offset, IReadOnlyList<RestoreStage> targets)
    {
        foreach (var stage in targets)
        {
            OnTarget(stage, () => files.Write(stage.Database, bytes.Span, offset));
        }

        // Blocks come in the order of the file. Between two of them there may be a hole: what lies before it is begun as well.
        var end = (offset + bytes.Length) / WritebackEvery * WritebackEvery;
        if (end > _begun)
        {
            foreach (var stage in targets)
            {
                files.StartWriteback(stage.Database, _begun, end - _begun);
            }

            _begun = end;
        }
    }

    // Several targets may lie on several disks: the error names the one that failed.
    private void OnTarget(RestoreStage stage, Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.Typed(stage.DataDirectory, database.ImageLength, e);
        }
    }

    private sealed class NoVisitor : IBoltVisitor
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
