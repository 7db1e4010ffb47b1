using System.Text;

namespace DrPowerShell.Providers.Age;

/// <summary>A source read ahead into one buffer: lines for the header, whatever follows for the chunks.</summary>
internal sealed class AgeSource(Stream source)
{
    private readonly byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>How many bytes of lines were read so far.</summary>
    public int LineBytes { get; private set; }

    /// <summary>The first bytes, fewer only where the source is shorter; they are not consumed.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(int count, CancellationToken cancellationToken)
    {
        while (_end - _start < count && await FillAsync(cancellationToken).ConfigureAwait(false))
        {
        }

        return _buffer.AsMemory(_start, Math.Min(count, _end - _start));
    }

    /// <summary>The next line without its LF; null where the source ends before one, or where it is longer than the buffer.</summary>
    /// <param name="mayEnd">Whether the source's end may stand for the last LF.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async ValueTask<string?> ReadLineAsync(bool mayEnd, CancellationToken cancellationToken)
    {
        var searched = 0;
        while (true)
        {
            var found = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                return Line(searched + found, ending: 1);
            }

            searched = _end - _start;
            if (searched == _buffer.Length)
            {
                return null;
            }

            if (!await FillAsync(cancellationToken).ConfigureAwait(false))
            {
                return mayEnd && searched > 0 ? Line(searched, ending: 0) : null;
            }
        }
    }

    /// <summary>Reads as many bytes as fit; fewer only where the source ends.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        var count = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(destination.Span);
        _start += count;
        return count + await source.ReadAtLeastAsync(destination[count..], destination.Length - count, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
    }

    private string Line(int length, int ending)
    {
        var line = Encoding.Latin1.GetString(_buffer, _start, length);
        _start += length + ending;
        LineBytes += length + ending;
        return line;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            return false;
        }

        var count = await source.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += count;
        return count > 0;
    }
}
