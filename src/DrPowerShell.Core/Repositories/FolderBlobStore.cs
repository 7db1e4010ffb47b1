using System.Runtime.CompilerServices;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Repositories;

/// <summary>
/// Objects as files in a folder. An object is written as <c>.NAME.part-XXXXXXXX</c> beside its later place, synced, and renamed.
/// </summary>
/// <remarks>Folders reached through symbolic links are opened, but not listed: a link may lead in a circle.</remarks>
public sealed class FolderBlobStore : IBlobStore
{
    private const int EntriesAtOnce = 256;

    private readonly string _root;
    private readonly DurableFiles _files;

    private FolderBlobStore(Uri location, string root, DurableFiles files) => (Location, _root, _files) = (location, root, files);

    public Uri Location { get; }

    /// <summary>Opens a folder that exists.</summary>
    /// <param name="location">The folder, <c>file:///…</c>.</param>
    /// <param name="files">Does every change; null for the real file system.</param>
    /// <exception cref="StoreFolderNotFoundException">It does not exist.</exception>
    /// <exception cref="StoreAccessDeniedException">It cannot be listed.</exception>
    public static IBlobStore Open(Uri location, DurableFiles? files = null)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(location.LocalPath));
        try
        {
            _ = Directory.EnumerateFileSystemEntries(root).Any();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FolderFailures.Typed(location, root, "list the folder", e);
        }

        return new FolderBlobStore(location, root, files ?? DurableFiles.System);
    }

    public async Task<UploadStream> BeginPutAsync(string name, BlobPutOptions options, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        if (options.Retention is not null)
        {
            throw new LockNotHonouredException(Location, name, "a folder has no locks.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        return await Attempt($"begin '{name}'", () =>
        {
            if (options.OnlyIfAbsent && File.Exists(path))
            {
                throw new BlobExistsException(Location, name);
            }

            CreateFolders(Path.GetDirectoryName(path)!);
            return new FolderUpload(Location, _root, name, path, options.OnlyIfAbsent, _files);
        }).ConfigureAwait(false);
    }

    public Task<Stream> OpenReadAsync(string name, long offset, long? length, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        cancellationToken.ThrowIfCancellationRequested();
        return Attempt<Stream>($"read '{name}'", () =>
        {
            var file = Find(path) is null
                ? throw new BlobNotFoundException(Location, name)
                : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 17, FileOptions.Asynchronous | FileOptions.SequentialScan);
            file.Seek(offset, SeekOrigin.Begin);
            return new FolderRead(file, length ?? long.MaxValue, e => FolderFailures.Typed(Location, _root, $"read '{name}'", e));
        });
    }

    public Task<BlobInfo?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        cancellationToken.ThrowIfCancellationRequested();
        return Attempt($"look at '{name}'", () => Find(path) is { } file ? InfoOf(name, file) : null);
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (name, file) in WalkAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            if (!FolderPart.IsPart(file.Name) && name.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return InfoOf(name, file);
            }
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        cancellationToken.ThrowIfCancellationRequested();
        return Attempt($"remove '{name}'", () => Delete(path));
    }

    public Task<BlobRetention?> GetRetentionAsync(string name, CancellationToken cancellationToken)
    {
        PathOf(name);
        return Task.FromResult<BlobRetention?>(null);
    }

    public async IAsyncEnumerable<UnfinishedUpload> ListUnfinishedAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (part, file) in WalkAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            if (FolderPart.IsPart(file.Name) && FolderPart.NameOf(part) is var name && name.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return new UnfinishedUpload(name, part, InfoOf(name, file).Modified);
            }
        }
    }

    public Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken)
    {
        var part = BlobName.Require(Location, upload.Id);
        cancellationToken.ThrowIfCancellationRequested();
        // Whoever still writes it notices when he would rename it.
        return FolderPart.IsPart(Path.GetFileName(part))
            ? Attempt($"abort the upload of '{upload.Name}'", () => Delete(Path.Combine(_root, part)))
            : throw new BlobNameNotValidException(Location, upload.Id);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // Parts are hidden, so that nothing may be put under a name that looks like one.
    private string PathOf(string name) => FolderPart.IsPart(Path.GetFileName(BlobName.Require(Location, name)))
        ? throw new BlobNameNotValidException(Location, name)
        : Path.Combine(_root, name);

    private static FileInfo? Find(string path) => new FileInfo(path) is { Exists: true } file ? file : null;

    private static BlobInfo InfoOf(string name, FileInfo file) => new(name, file.Length, new DateTimeOffset(file.LastWriteTimeUtc));

    private bool Delete(string path)
    {
        if (File.Exists(path))
        {
            _files.DeleteFile(path);
            _files.SyncFolder(Path.GetDirectoryName(path)!);
        }

        return true;
    }

    private void CreateFolders(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        if (folder.Length <= _root.Length)
        {
            // The root itself is never made: where it is gone, so is the disk that was mounted there.
            throw new StoreFolderNotFoundException(Location, _root);
        }

        var parent = Path.GetDirectoryName(folder)!;
        CreateFolders(parent);
        _files.CreateFolder(folder);
        _files.SyncFolder(parent);
    }

    private async IAsyncEnumerable<(string Name, FileInfo File)> WalkAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BlobName.RequirePrefix(Location, prefix);
        using var files = FolderWalk.Files(_root, prefix.LastIndexOf('/') is > 0 and var slash ? prefix[..slash] : "").GetEnumerator();
        for (var more = true; more;)
        {
            var page = new List<(string Name, FileInfo File)>(EntriesAtOnce);
            cancellationToken.ThrowIfCancellationRequested();
            more = await Attempt("list", () =>
            {
                while (page.Count < EntriesAtOnce)
                {
                    if (!files.MoveNext())
                    {
                        return false;
                    }

                    page.Add(files.Current);
                }

                return true;
            }).ConfigureAwait(false);
            foreach (var entry in page)
            {
                yield return entry;
            }
        }
    }

    // A disk may take its time: not on the caller's thread, which may be the pipeline's.
    private Task<T> Attempt<T>(string act, Func<T> action) => Task.Run(() =>
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FolderFailures.Typed(Location, _root, act, e);
        }
    });
}
