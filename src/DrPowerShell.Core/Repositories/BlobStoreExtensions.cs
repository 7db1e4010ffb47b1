using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Repositories;

/// <summary>Small objects, written and read whole.</summary>
public static class BlobStoreExtensions
{
    /// <summary>Puts a small object.</summary>
    public static async Task<BlobInfo> PutAsync(this IBlobStore store, string name, ReadOnlyMemory<byte> bytes, BlobPutOptions options, CancellationToken cancellationToken)
    {
        var upload = await store.BeginPutAsync(name, options with { Length = bytes.Length }, cancellationToken).ConfigureAwait(false);
        await using var end = upload.ConfigureAwait(false);
        await upload.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        return await upload.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a small object whole; more than a megabyte of it is not read.</summary>
    public static async Task<byte[]> ReadAllAsync(this IBlobStore store, string name, CancellationToken cancellationToken)
    {
        var source = await store.OpenReadAsync(name, 0, (1 << 20) + 1, cancellationToken).ConfigureAwait(false);
        await using var end = source.ConfigureAwait(false);
        using var bytes = new MemoryStream();
        await source.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes.ToArray();
    }
}
