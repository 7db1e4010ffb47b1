using DrPowerShell.Core.Ports;

namespace DrPowerShell.Providers.Age;

/// <summary>Reads the bytes inside ASCII armour, as <c>age --armor</c> writes it: strict PEM without headers.</summary>
/// <remarks>
/// <c>-----BEGIN AGE ENCRYPTED FILE-----</c>, base64 in lines of 64 columns of which only the last may be shorter,
/// <c>-----END AGE ENCRYPTED FILE-----</c>; lines end in LF or CRLF, white space may stand before and after it all.
/// </remarks>
internal sealed class ArmorStream(AgeSource source) : DownloadStream
{
    private const string Begin = "-----BEGIN AGE ENCRYPTED FILE-----";
    private const string End = "-----END AGE ENCRYPTED FILE-----";
    private const int Columns = 64;
    private const int MostSpace = 4096;

    private readonly byte[] _line = new byte[Columns / 4 * 3];
    private int _start;
    private int _end;
    private Place _place;

    private enum Place
    {
        Before,
        Inside,
        AfterShortLine,
        After,
    }

    /// <summary>Whether a source that begins with this byte can only be armoured.</summary>
    public static bool MayBeginWith(byte first) => first == (byte)Begin[0] || IsSpace((char)first);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var total = 0;
        while (total < buffer.Length && (_start < _end || await NextLineAsync(cancellationToken).ConfigureAwait(false)))
        {
            var count = Math.Min(buffer.Length - total, _end - _start);
            _line.AsSpan(_start, count).CopyTo(buffer.Span[total..]);
            _start += count;
            total += count;
        }

        return total;
    }

    private async ValueTask<bool> NextLineAsync(CancellationToken cancellationToken)
    {
        while (_place == Place.Before)
        {
            var first = await LineAsync(cancellationToken).ConfigureAwait(false);
            if (string.Equals(first, Begin, StringComparison.Ordinal))
            {
                _place = Place.Inside;
            }
            else if (!first.All(IsSpace) || source.LineBytes > MostSpace)
            {
                throw new AgeFormatException("it does not begin as a file of age does.");
            }
        }

        if (_place == Place.After)
        {
            return false;
        }

        var line = await LineAsync(cancellationToken).ConfigureAwait(false);
        if (string.Equals(line, End, StringComparison.Ordinal))
        {
            await CheckNothingFollowsAsync(cancellationToken).ConfigureAwait(false);
            _place = Place.After;
            return false;
        }

        if (_place == Place.AfterShortLine || line.Length is 0 or > Columns || !Convert.TryFromBase64String(line, _line, out var count)
            || !string.Equals(Convert.ToBase64String(_line.AsSpan(0, count)), line, StringComparison.Ordinal))
        {
            throw new AgeFormatException("a line of its armour is malformed.");
        }

        (_start, _end) = (0, count);
        _place = count < _line.Length ? Place.AfterShortLine : Place.Inside;
        return true;
    }

    private async ValueTask<string> LineAsync(CancellationToken cancellationToken)
    {
        var line = await source.ReadLineAsync(mayEnd: true, cancellationToken).ConfigureAwait(false) ?? throw new AgeFormatException("its armour is cut short.");
        return line.EndsWith('\r') ? line[..^1] : line;
    }

    private async ValueTask CheckNothingFollowsAsync(CancellationToken cancellationToken)
    {
        var after = new byte[MostSpace];
        var count = await source.ReadAsync(after, cancellationToken).ConfigureAwait(false);
        if (count == after.Length || after.AsSpan(0, count).ContainsAnyExcept(" \t\r\n"u8))
        {
            throw new AgeFormatException("something follows its armour.");
        }
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';
}
