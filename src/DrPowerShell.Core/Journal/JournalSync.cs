using DrPowerShell.Core.Journal.Errors;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Journal;

/// <summary>Brings a run's journal on this machine up to what the repository holds, before anybody goes on with it.</summary>
internal sealed class JournalSync(string folder, SnapshotRepository? repository)
{
    // A repository that does not answer must not hold up an undo: the locks on the machines tell whether another one works there.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What the repository holds; nothing where it does not answer and the journal is here as well.</summary>
    /// <exception cref="RunNotFoundException">Neither this machine nor the repository knows it.</exception>
    public async Task<IReadOnlyList<byte[]>> ReadAsync(string id, TimeProvider time, CancellationToken cancellationToken)
    {
        var isHere = File.Exists(RunFolder.Journal(folder, id));
        var there = repository is null ? [] : await ReadAsync(id, isHere, time, cancellationToken).ConfigureAwait(false);
        return isHere || there.Count > 0 ? there : throw new RunNotFoundException(id, repository is null ? folder : $"{folder} or {repository.Options.Name}");
    }

    /// <summary>Adds what is missing here. The run must be this process's own.</summary>
    /// <exception cref="JournalForkedException">Each holds records that the other one has not.</exception>
    public async Task MergeAsync(string id, IReadOnlyList<byte[]> there, CancellationToken cancellationToken)
    {
        var path = RunFolder.Journal(folder, id);
        var (here, _) = File.Exists(path) ? JournalText.Split(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false)) : ([], false);
        for (var i = 0; i < Math.Min(here.Count, there.Count); i++)
        {
            if (!here[i].AsSpan().SequenceEqual(there[i]))
            {
                throw new JournalForkedException(id, i + 1, repository!.Options.Name);
            }
        }

        if (there.Count > here.Count)
        {
            await PutAsync(path, JournalReader.ToFile(there), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<byte[]>> ReadAsync(string id, bool isHere, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(isHere ? Patience : Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await JournalReader.FetchAsync(repository!.Store, id, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (isHere && !cancellationToken.IsCancellationRequested && e is OperationCanceledException or RecoveryException { Kind: not FailureKind.Security })
        {
            return [];
        }
    }

    // The old file stays whole until the new one is.
    private static async Task PutAsync(string path, byte[] content, CancellationToken cancellationToken)
    {
        var part = path + ".part";
        var file = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None);
        await using (file.ConfigureAwait(false))
        {
            await file.WriteAsync(content, cancellationToken).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }

        File.Move(part, path, overwrite: true);
        DurableFiles.System.SyncFolder(Path.GetDirectoryName(path)!);
    }
}
