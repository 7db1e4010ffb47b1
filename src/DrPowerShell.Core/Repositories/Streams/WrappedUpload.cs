using System.Threading.Channels;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Core.Repositories.Streams;

/// <summary>
/// The way of plain bytes into a repository: hash, zstd, hash, age, hash, store, in one pass. The wrapping works on a thread of its own, six
/// megabytes behind the source at most.
/// </summary>
/// <remarks>Disposed before <see cref="PublishAsync"/> has returned it leaves nothing in the store.</remarks>
internal sealed class WrappedUpload : IAsyncDisposable
{
    private const int BlockSize = 1 << 20;
    private const int BlockCount = 6;

    private readonly Channel<(byte[] Buffer, int Length)> _full = Channel.CreateBounded<(byte[], int)>(BlockCount);
    private readonly Channel<byte[]> _empty = Channel.CreateBounded<byte[]>(BlockCount);
    private readonly CancellationTokenSource _cancellation;
    private readonly RepositoryOptions _options;
    private readonly UploadStream _upload;
    private readonly HashingWriteStream _stored;
    private readonly Stream? _age;
    private readonly HashingWriteStream? _compressed;
    private readonly Stream? _zstd;
    private readonly HashingWriteStream _plain;
    private readonly Task _wrapping;
    private byte[]? _current;
    private int _used;

    private WrappedUpload(string name, RepositoryOptions options, UploadStream upload, CancellationToken cancellationToken)
    {
        (Name, _options, _upload) = (name, options, upload);
        _stored = new(upload);
        _age = options.Encryption.IsNone ? null : ProviderLoader.Catalog.Age.Encrypt(_stored, options.Encryption);
        if (options.CompressionLevel > 0)
        {
            _compressed = new(_age ?? _stored);
            _zstd = ProviderLoader.Catalog.Zstd.Compress(_compressed, options.CompressionLevel);
        }

        _plain = new(_zstd ?? _age ?? _stored);
        for (var i = 0; i < BlockCount; i++)
        {
            _empty.Writer.TryWrite(new byte[BlockSize]);
        }

        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _wrapping = Task.Run(WrapAsync, CancellationToken.None);
    }

    /// <summary>The object's name.</summary>
    public string Name { get; }

    /// <summary>The plain bytes taken so far.</summary>
    public long Length { get; private set; }

    /// <summary>Begins an object of a repository, wrapped as the repository's options say.</summary>
    public static async Task<WrappedUpload> BeginAsync(SnapshotRepository repository, string name, BlobPutOptions put, CancellationToken cancellationToken)
    {
        var upload = await repository.Store.BeginPutAsync(name, put, cancellationToken).ConfigureAwait(false);
        try
        {
            return new(name, repository.Options, upload, cancellationToken);
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
    public async Task<WrappedSizes> FinishAsync()
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

        while (_empty.Reader.TryRead(out _))
        {
            // Given back to the memory: what follows may take its time.
        }

        await _upload.FlushAsync(_cancellation.Token).ConfigureAwait(false);
        var (plain, compressed, stored) = (_plain.Complete(), _compressed?.Complete(), _stored.Complete());
        return new(
            plain,
            compressed is null ? null : new ManifestCompression("zstd", _options.CompressionLevel, compressed.Size, compressed.Sha256),
            _options.Encryption.IsNone ? null : new ManifestEncryption("age-encryption.org/v1", _options.Encryption.Recipients, _options.Encryption.Passphrase is not null),
            new ManifestObject(Name, stored.Size, stored.Sha256));
    }

    /// <summary>Makes the object appear.</summary>
    public Task<BlobInfo> PublishAsync(CancellationToken cancellationToken) => _upload.CompleteAsync(cancellationToken);

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

        await _plain.DisposeAsync().ConfigureAwait(false);
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
                await _plain.WriteAsync(buffer.AsMemory(0, length), _cancellation.Token).ConfigureAwait(false);
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
