using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace DrPowerShell.Providers.Zstd;

/// <summary>Frames, one after the other, as plain bytes; whatever is wrong with them is told as CompressedDataDamaged, at every read from then on.</summary>
internal sealed class DecompressedStream(DecompressionStream frames, CountingStream source, string name) : DownloadStream
{
    private string? _damage;

    public override bool CanRead => frames.CanRead;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfDamaged();
        try
        {
            return Checked(await frames.ReadAsync(buffer, cancellationToken).ConfigureAwait(false), buffer.Length);
        }
        catch (Exception e) when (Explain(e) is { } reason)
        {
            throw Damaged(reason, e);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        ThrowIfDamaged();
        try
        {
            return Checked(frames.Read(buffer), buffer.Length);
        }
        catch (Exception e) when (Explain(e) is { } reason)
        {
            throw Damaged(reason, e);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask DisposeAsync()
    {
        await frames.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            frames.Dispose();
        }

        base.Dispose(disposing);
    }

    private static string? Explain(Exception error) => error switch
    {
        EndOfStreamException => "it is cut short.",
        ZstdException { Code: ZSTD_ErrorCode.ZSTD_error_checksum_wrong } => "its checksum is wrong.",
        ZstdException { Code: ZSTD_ErrorCode.ZSTD_error_prefix_unknown } => "it is not compressed with zstd, or something follows it.",
        ZstdException { Code: ZSTD_ErrorCode.ZSTD_error_dictionary_wrong } => "it needs a dictionary, which no backup does.",
        ZstdException { Code: ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge } => "it needs more than 128 MB of memory, which no backup does.",
        ZstdException => "what is compressed in it is malformed.",
        _ => null,
    };

    // Nothing at all is no frame: the library calls it the end.
    private int Checked(int count, int asked) => count > 0 || asked == 0 || source.Count > 0 ? count : throw new EndOfStreamException();

    private void ThrowIfDamaged()
    {
        if (_damage is not null)
        {
            throw new CompressedDataDamagedException(name, _damage);
        }
    }

    private CompressedDataDamagedException Damaged(string reason, Exception error) => new(name, _damage = reason, error);
}
