using System.Security.Cryptography;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Core.Repositories.Streams;

/// <summary>Hands on what is read through it, and throws at the end where it is not the layer that a manifest promises. Owns the inner stream.</summary>
/// <param name="inner">The bytes.</param>
/// <param name="expected">Their size and hash; null only counts and hashes.</param>
/// <param name="differs">Makes the error, from a sentence that says what differs.</param>
/// <param name="progress">Is told the bytes read so far.</param>
internal sealed class HashingReadStream(Stream inner, ManifestLayer? expected, Func<string, Exception> differs, IProgress<long>? progress = null) : DownloadStream
{
    private readonly IncrementalHash _sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _length;
    private ManifestLayer? _read;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    /// <summary>Reads on to the end, where the layer is checked: what unwraps it need not touch its last bytes.</summary>
    /// <returns>What was read in all.</returns>
    public async Task<ManifestLayer> DrainAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[128 << 10];
        while (_read is null)
        {
            await ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        return _read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = buffer.Length == 0 ? 0 : await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return Count(buffer.Span, read);
    }

    public override int Read(Span<byte> buffer) => Count(buffer, buffer.Length == 0 ? 0 : inner.Read(buffer));

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _sha.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Count(Span<byte> buffer, int read)
    {
        if (read > 0)
        {
            _length += read;
            _sha.AppendData(buffer[..read]);
            progress?.Report(_length);
            // An object that grew is told before all of it was read.
            return expected is null || _length <= expected.Size ? read : throw differs($"it is longer than the {expected.Size:N0} bytes that were stored.");
        }

        if (buffer.Length > 0 && _read is null)
        {
            _read = new(_length, Convert.ToHexString(_sha.GetHashAndReset()).ToLowerInvariant());
            if (expected is not null && _read.Size != expected.Size)
            {
                throw differs($"it has {_read.Size:N0} bytes, and {expected.Size:N0} were stored.");
            }

            if (expected is not null && !string.Equals(_read.Sha256, expected.Sha256, StringComparison.Ordinal))
            {
                throw differs($"its SHA-256 is {_read.Sha256}, and {expected.Sha256} was stored.");
            }
        }

        return 0;
    }
}
