using System.Threading.Channels;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Repositories.Streams;

/// <summary>
/// The way of plain bytes into a repository: hash, zstd, hash, age, hash, store, in one pass. The wrapping works on a thread of its own, four
/// megabytes behind the source at most.
/// </summary>
/// <remarks>Disposed before <see cref="PublishAsync"/> has returned it leaves nothing in the store.</remarks>
internal sealed class WrappedUpload : IAsyncDisposable
{
    private const int BlockSize = 1 << 20;
    private const int BlockCount = 4;
    private const int RereadBlock = 1 << 20;
    private const int RereadStored = 24;
    private const int RereadPlain = 24;

    private readonly Channel<(byte[] Buffer, int Length)> _full = Channel.CreateBounded<(byte[], int)>(BlockCount);
    private readonly Channel<byte[]> _empty = Channel.CreateBounded<byte[]>(BlockCount);
    private readonly CancellationTokenSource _cancellation;
    private readonly RepositoryOptions _options;
    private readonly UploadStream _upload;
    private readonly HashingWriteStream _stored;
    private readonly Stream? _age;
    private readonly HashingWriteStream? _compressed;
    private readonly Stream? _zstd;
    private readonly HashingWriteStream? _plain;
    private readonly Stream _first;
    private readonly Task _wrapping;
    private readonly List<LayerReader> _readers = [];
    private byte[]? _current;
    private int _used;

    private WrappedUpload(string name, RepositoryOptions options, UploadStream upload, bool knowsHash, bool mayReread, CancellationToken cancellationToken)
    {
        (Name, _options, _upload) = (name, options, upload);
        _stored = new(upload);
        _age = options.Encryption.IsNone ? null : ProviderLoader.Catalog.Age.Encrypt(_stored, options.Encryption);
        if (options.CompressionLevel > 0)
        {
            _compressed = new(_age ?? _stored);
            _zstd = ProviderLoader.Catalog.Zstd.Compress(_compressed, options.CompressionLevel);
        }

        _plain = knowsHash ? null : new(_zstd ?? _age ?? _stored);
        _first = _plain ?? _zstd ?? _age ?? _stored;
        if (mayReread)
        {
            // From the outermost layer inwards, as a reader meets them.
            _readers.AddRange(new[] { _age, _zstd }.OfType<IRereadable>().Select(layer => layer.Reader()));
        }

        for (var i = 0; i < BlockCount; i++)
        {
            _empty.Writer.TryWrite(IdleBuffers.Rent(BlockSize));
        }

        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _wrapping = Task.Run(WrapAsync, CancellationToken.None);
    }

    /// <summary>The object's name.</summary>
    public string Name { get; }

    /// <summary>The plain bytes taken so far.</summary>
    public long Length { get; private set; }

    /// <summary>Begins an object of a repository, wrapped as the repository's options say.</summary>
    /// <param name="repository">Says how the object is wrapped.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="put">How it is put.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="knowsHash">Whether the caller hashes the plain bytes itself, and gives the hash to <see cref="FinishAsync"/>.</param>
    /// <param name="mayReread">Whether <see cref="Reread"/> will be called: keys are kept for it.</param>
    public static async Task<WrappedUpload> BeginAsync(
        SnapshotRepository repository, string name, BlobPutOptions put, CancellationToken cancellationToken, bool knowsHash = false, bool mayReread = false)
    {
        var upload = await repository.Store.BeginPutAsync(name, put, cancellationToken).ConfigureAwait(false);
        try
        {
            return new(name, repository.Options, upload, knowsHash, mayReread, cancellationToken);
        }
        catch
        {
            await upload.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes the next plain bytes; a failure further down is thrown here, by its own type.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_current is null && !_empty.Reader.TryRead(out _current))
            {
                await RentAsync(cancellationToken).ConfigureAwait(false);
            }

            var length = Math.Min(bytes.Length, BlockSize - _used);
            bytes.Span[..length].CopyTo(_current.AsSpan(_used));
            _used += length;
            bytes = bytes[length..];
            if (_used == BlockSize)
            {
                Post();
            }
        }
    }

    /// <summary>Ends the wrappings: every byte is with the store, under no name yet.</summary>
    public async Task<WrappedSizes> FinishAsync(string? plainSha256 = null)
    {
        Post();
        _full.Writer.TryComplete();
        await _wrapping.ConfigureAwait(false);
        if (_zstd is not null)
        {
            await _zstd.DisposeAsync().ConfigureAwait(false);
        }

        if (_age is not null)
        {
            await _age.DisposeAsync().ConfigureAwait(false);
        }

        while (_empty.Reader.TryRead(out var block))
        {
            // Given back to the memory: what follows may take its time. Cleared: it holds a cluster's secrets.
            Array.Clear(block);
            IdleBuffers.Return(block);
        }

        await _upload.FlushAsync(_cancellation.Token).ConfigureAwait(false);
        var (plain, compressed, stored) = (_plain?.Complete() ?? new(Length, plainSha256!), _compressed?.Complete(), _stored.Complete());
        return new(
            plain,
            compressed is null ? null : new ManifestCompression("zstd", _options.CompressionLevel, compressed.Size, compressed.Sha256),
            _options.Encryption.IsNone ? null : new ManifestEncryption("age-encryption.org/v1", _options.Encryption.Recipients, _options.Encryption.Passphrase is not null),
            new ManifestObject(Name, stored.Size, stored.Sha256));
    }

    /// <summary>Makes the object appear.</summary>
    public Task<BlobInfo> PublishAsync(CancellationToken cancellationToken) => _upload.CompleteAsync(cancellationToken);

    /// <summary>Reads the plain bytes again, at random, out of what the store holds once it was published; no key is asked for, as they were made here.</summary>
    public IByteSource Reread(IBlobStore store, long size, CancellationToken cancellationToken)
    {
        IByteSource source = new CachedByteSource(new StoredByteSource(store, Name, size, cancellationToken), RereadBlock, RereadStored);
        foreach (var layer in _readers)
        {
            source = layer.Open(source);
            // What took an unwrapping of a megabyte is kept; chunks of age are opened faster than they are found.
            source = layer.BlockSize >= RereadBlock ? new CachedByteSource(source, layer.BlockSize, RereadPlain) : source;
        }

        return source;
    }

    public async ValueTask DisposeAsync()
    {
        await _cancellation.CancelAsync().ConfigureAwait(false);
        _full.Writer.TryComplete();
        await _wrapping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // First, so that what the wrappings still write at their own end goes nowhere.
        await _upload.DisposeAsync().ConfigureAwait(false);
        foreach (var stream in new[] { _zstd, _age })
        {
            try
            {
                if (stream is not null)
                {
                    await stream.DisposeAsync().ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException or DrPowerShell.Etcd.Errors.RecoveryException or IOException)
            {
                // The upload is closed already; the error that brought us here is the one to tell.
            }
        }

        if (_plain is not null)
        {
            await _plain.DisposeAsync().ConfigureAwait(false);
        }

        await _stored.DisposeAsync().ConfigureAwait(false);
        if (_compressed is not null)
        {
            await _compressed.DisposeAsync().ConfigureAwait(false);
        }

        _cancellation.Dispose();
    }

    private async Task WrapAsync()
    {
        try
        {
            await foreach (var (buffer, length) in _full.Reader.ReadAllAsync(_cancellation.Token).ConfigureAwait(false))
            {
                await _first.WriteAsync(buffer.AsMemory(0, length), _cancellation.Token).ConfigureAwait(false);
                _empty.Writer.TryWrite(buffer);
            }
        }
        catch (Exception e)
        {
            _empty.Writer.TryComplete(e);
            throw;
        }
    }

    private async ValueTask RentAsync(CancellationToken cancellationToken)
    {
        try
        {
            _current = await _empty.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            await _wrapping.ConfigureAwait(false); // throws what went wrong there
            throw;
        }
    }

    private void Post()
    {
        if (_current is not null)
        {
            _full.Writer.TryWrite((_current, _used));
            _current = null;
            _used = 0;
        }
    }
}

/// <summary>What became of the plain bytes, layer by layer.</summary>
internal sealed record WrappedSizes(ManifestLayer Plain, ManifestCompression? Compression, ManifestEncryption? Encryption, ManifestObject Object);
