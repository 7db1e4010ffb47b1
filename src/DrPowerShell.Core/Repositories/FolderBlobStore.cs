using System.Runtime.CompilerServices;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Repositories;

/// <summary>Objects as files in a folder.</summary>
internal sealed class FolderBlobStore : IBlobStore
{
    private FolderBlobStore(Uri location, string root) => (Location, Root) = (location, root);

    public Uri Location { get; }

    private string Root { get; }

    /// <summary>Opens a folder that exists.</summary>
    public static IBlobStore Open(Uri location) => Directory.Exists(location.LocalPath)
        ? new FolderBlobStore(location, Path.GetFullPath(location.LocalPath))
        : throw new StoreFolderNotFoundException(location, location.LocalPath);

    public Task<UploadStream> BeginPutAsync(string name, BlobPutOptions options, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Stream> OpenReadAsync(string name, long offset, long? length, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<BlobInfo?> FindAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<BlobRetention?> GetRetentionAsync(string name, CancellationToken cancellationToken) => Task.FromResult<BlobRetention?>(null);

    public IAsyncEnumerable<UnfinishedUpload> ListUnfinishedAsync(string prefix, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
