using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Tests.Journal;

/// <summary>Passes everything on.</summary>
internal abstract class PassingStore(IBlobStore inner) : IBlobStore
{
    public Uri Location => inner.Location;

    public virtual Task<UploadStream> BeginPutAsync(string name, BlobPutOptions options, CancellationToken cancellationToken) => inner.BeginPutAsync(name, options, cancellationToken);

    public Task<Stream> OpenReadAsync(string name, long offset, long? length, CancellationToken cancellationToken) => inner.OpenReadAsync(name, offset, length, cancellationToken);

    public Task<BlobInfo?> FindAsync(string name, CancellationToken cancellationToken) => inner.FindAsync(name, cancellationToken);

    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => inner.DeleteAsync(name, cancellationToken);

    public Task<BlobRetention?> GetRetentionAsync(string name, CancellationToken cancellationToken) => inner.GetRetentionAsync(name, cancellationToken);

    public IAsyncEnumerable<UnfinishedUpload> ListUnfinishedAsync(string prefix, CancellationToken cancellationToken) => inner.ListUnfinishedAsync(prefix, cancellationToken);

    public Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken) => inner.AbortAsync(upload, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>Never answers before it is told to stop.</summary>
internal sealed class SlowStore(IBlobStore inner) : PassingStore(inner)
{
    public override async Task<UploadStream> BeginPutAsync(string name, BlobPutOptions options, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        throw new InvalidOperationException();
    }
}

/// <summary>Notes what retention each put asks for.</summary>
internal sealed class RetentionStore(IBlobStore inner, List<BlobRetention?> asked) : PassingStore(inner)
{
    public override Task<UploadStream> BeginPutAsync(string name, BlobPutOptions options, CancellationToken cancellationToken)
    {
        asked.Add(options.Retention);
        return base.BeginPutAsync(name, options, cancellationToken);
    }
}
