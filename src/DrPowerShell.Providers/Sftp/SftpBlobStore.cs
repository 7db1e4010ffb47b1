using System.Runtime.CompilerServices;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Providers.Sftp;

/// <summary>Objects as files in a folder behind SSH.</summary>
internal sealed class SftpBlobStore(SftpLink link, SftpPaths paths) : IBlobStore
{
    public Uri Location => link.Store;

    public Task<UploadStream> BeginPutAsync(string name, BlobPutOptions options, CancellationToken cancellationToken)
    {
        if (options.Retention is not null)
        {
            throw new LockNotHonouredException(Location, name, "a folder behind SSH has no object lock.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        paths.Of(name);
        return Task.FromResult<UploadStream>(new SftpUpload(link, paths, name, options.OnlyIfAbsent));
    }

    public async Task<Stream> OpenReadAsync(string name, long offset, long? length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var stream = new SftpReadStream(link, name, paths.Of(name), offset, length);
        await stream.OpenAsync(cancellationToken).ConfigureAwait(false);
        return stream;
    }

    public Task<BlobInfo?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var path = paths.Of(name);
        return link.RunAsync($"looking at '{name}'", async (session, token) =>
        {
            try
            {
                return await session.FindAsync(path, token).ConfigureAwait(false) is { IsFolder: false } file ? Info(name, file) : null;
            }
            catch (SftpStatusException e)
            {
                throw SshFailures.OfStatus(Location, $"looking at '{name}'", room: null, e);
            }
        }, cancellationToken);
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (name, file) in WalkAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && !SftpPaths.IsPart(name))
            {
                yield return Info(name, file);
            }
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => RemoveAsync(paths.Of(name), $"removing '{name}'", cancellationToken);

    public Task<BlobRetention?> GetRetentionAsync(string name, CancellationToken cancellationToken)
    {
        paths.Of(name);
        return Task.FromResult<BlobRetention?>(null);
    }

    public async IAsyncEnumerable<UnfinishedUpload> ListUnfinishedAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (name, file) in WalkAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            if (SftpPaths.IsPart(name) && FolderPart.NameOf(name) is var target && target.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return new(target, name, file.Modified);
            }
        }
    }

    public Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken) =>
        RemoveAsync(paths.OfPart(upload.Id), $"removing the upload '{upload.Id}'", cancellationToken);

    public ValueTask DisposeAsync()
    {
        link.Dispose();
        return ValueTask.CompletedTask;
    }

    private static BlobInfo Info(string name, SftpAttributes file) => new(name, file.Size ?? 0, file.Modified);

    private Task RemoveAsync(string path, string act, CancellationToken cancellationToken) => link.RunAsync(act, async (session, token) =>
    {
        try
        {
            await session.RemoveAsync(path, token).ConfigureAwait(false);
        }
        catch (SftpStatusException e) when (e.Status == SftpStatus.NoSuchFile)
        {
            // It is gone already, perhaps by the attempt whose answer was lost.
        }
        catch (SftpStatusException e)
        {
            throw await link.ExplainAsync(act, SftpPaths.FolderOf(path), e, token).ConfigureAwait(false);
        }
    }, cancellationToken);

    // Every file below the folder that the prefix names, parts of uploads too, by its name relative to the store.
    private async IAsyncEnumerable<(string Name, SftpAttributes File)> WalkAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BlobName.RequirePrefix(Location, prefix);
        var folders = new Stack<string>();
        folders.Push(prefix[..(prefix.LastIndexOf('/') + 1)]);
        while (folders.TryPop(out var folder))
        {
            await foreach (var entry in ReadFolderAsync(folder, cancellationToken).ConfigureAwait(false))
            {
                var name = folder + entry.Name;
                if (entry.Attributes.IsFolder)
                {
                    // Where the prefix goes on after its last slash, only folders that begin so can hold what is looked for.
                    if ((name + "/").StartsWith(prefix, StringComparison.Ordinal) || prefix.StartsWith(name + "/", StringComparison.Ordinal))
                    {
                        folders.Push(name + "/");
                    }
                }
                else if (entry.Attributes.IsFile)
                {
                    yield return (name, entry.Attributes);
                }
            }
        }
    }

    // After a break the folder is read again from its beginning, and what was told already is not told twice.
    private async IAsyncEnumerable<SftpEntry> ReadFolderAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var path = paths.OfFolder(folder);
        var told = new HashSet<string>(StringComparer.Ordinal);
        (SftpSession? Session, SftpHandle? Handle) open = default;
        try
        {
            while (true)
            {
                var page = await link.RunAsync($"listing '{folder}'", async (session, token) =>
                {
                    try
                    {
                        if (open.Handle is null || open.Session != session)
                        {
                            open = (session, await session.OpenFolderAsync(path, token).ConfigureAwait(false));
                        }

                        return await session.ReadFolderAsync(open.Handle, token).ConfigureAwait(false);
                    }
                    catch (SftpStatusException e) when (e.Status == SftpStatus.NoSuchFile)
                    {
                        return null; // no such cluster, or its folder has just been removed
                    }
                    catch (SftpStatusException e)
                    {
                        throw SshFailures.OfStatus(Location, $"listing '{folder}'", room: null, e);
                    }
                }, cancellationToken).ConfigureAwait(false);
                if (page is null)
                {
                    yield break;
                }

                foreach (var entry in page)
                {
                    if (entry.Name is not ("." or "..") && told.Add(entry.Name))
                    {
                        yield return entry.Attributes.Mode is null || entry.Attributes.IsLink ? await ResolveAsync(path, entry, cancellationToken).ConfigureAwait(false) : entry;
                    }
                }
            }
        }
        finally
        {
            if (open is { Session.IsAlive: true, Handle: { } handle })
            {
                _ = open.Session.CloseAsync(handle, CancellationToken.None).ContinueWith(
                    closed => closed.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
    }

    // A link to a file is a file; a link to a folder is left alone, because it may lead in circles.
    private Task<SftpEntry> ResolveAsync(string folder, SftpEntry entry, CancellationToken cancellationToken) =>
        link.RunAsync($"looking at '{entry.Name}'", async (session, token) =>
        {
            try
            {
                var found = await session.FindAsync(SftpPaths.Combine(folder, entry.Name), token).ConfigureAwait(false);
                return found is null || (found.IsFolder && entry.Attributes.IsLink) ? entry : entry with { Attributes = found };
            }
            catch (SftpStatusException)
            {
                return entry;
            }
        }, cancellationToken);
}
