using System.Security.Cryptography;

namespace DrPowerShell.Providers.Age;

/// <summary>
/// Bech32 (BIP 173) as age uses it: without the limit of 90 characters, the whole text in one case.
/// </summary>
/// <remarks><c>prefix '1' data checksum</c>: five bits a character, the checksum six characters over prefix and data.</remarks>
internal static class Bech32
{
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumLength = 6;

    /// <summary>Writes bytes under a lowercase prefix, all in lower case.</summary>
    public static string Encode(string prefix, ReadOnlySpan<byte> data)
    {
        Span<byte> values = stackalloc byte[((data.Length * 8) + 4) / 5 + ChecksumLength];
        var (accumulator, bits, count) = (0, 0, 0);
        foreach (var one in data)
        {
            accumulator = ((accumulator << 8) | one) & 0xFFF;
            for (bits += 8; bits >= 5; bits -= 5)
            {
                values[count++] = (byte)((accumulator >> (bits - 5)) & 31);
            }
        }

        if (bits > 0)
        {
            values[count++] = (byte)((accumulator << (5 - bits)) & 31);
        }

        var checksum = Polymod(prefix, values) ^ 1; // the last six values are still zero
        for (var i = 0; i < ChecksumLength; i++)
        {
            values[count + i] = (byte)((checksum >> (5 * (ChecksumLength - 1 - i))) & 31);
        }

        var text = string.Create(values.Length, values.ToArray(), static (span, from) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = Alphabet[from[i]];
            }
        });
        CryptographicOperations.ZeroMemory(values);
        return $"{prefix}1{text}";
    }

    /// <summary>Reads a text, and the prefix in lower case.</summary>
    /// <exception cref="FormatException">It is no Bech32; the message never shows a part of it.</exception>
    public static (string Prefix, byte[] Data) Decode(string text)
    {
        var lower = text.ToLowerInvariant();
        if (!string.Equals(text, lower, StringComparison.Ordinal) && !string.Equals(text, text.ToUpperInvariant(), StringComparison.Ordinal))
        {
            throw new FormatException("it mixes upper and lower case.");
        }

        var separator = lower.LastIndexOf('1');
        if (separator < 1 || lower.Length - separator - 1 < ChecksumLength)
        {
            throw new FormatException("it is too short.");
        }

        var prefix = lower[..separator];
        var values = new byte[lower.Length - separator - 1];
        for (var i = 0; i < values.Length; i++)
        {
            var value = Alphabet.IndexOf(lower[separator + 1 + i], StringComparison.Ordinal);
            values[i] = value >= 0 ? (byte)value : throw new FormatException("it holds a character that such a text never does.");
        }

        if (prefix.Any(c => c is < '!' or > '~') || Polymod(prefix, values) != 1)
        {
            throw new FormatException("its checksum is wrong: a character is missing or mistyped.");
        }

        return (prefix, ToBytes(values.AsSpan(0, values.Length - ChecksumLength)));
    }

    private static byte[] ToBytes(ReadOnlySpan<byte> values)
    {
        var data = new byte[values.Length * 5 / 8];
        var (accumulator, bits, count) = (0, 0, 0);
        foreach (var value in values)
        {
            accumulator = ((accumulator << 5) | value) & 0xFFF;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                data[count++] = (byte)(accumulator >> bits);
            }
        }

        // What does not fill a byte must be fewer than five zero bits, so that each key has one spelling only.
        return bits < 5 && (accumulator & ((1 << bits) - 1)) == 0 ? data : throw new FormatException("its padding is wrong.");
    }

    private static uint Polymod(string prefix, ReadOnlySpan<byte> values)
    {
        var state = 1u;
        foreach (var c in prefix)
        {
            state = Step(state, (byte)(c >> 5));
        }

        state = Step(state, 0);
        foreach (var c in prefix)
        {
            state = Step(state, (byte)(c & 31));
        }

        foreach (var value in values)
        {
            state = Step(state, value);
        }

        return state;
    }

    private static uint Step(uint state, byte value)
    {
        ReadOnlySpan<uint> generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
        var top = state >> 25;
        state = ((state & 0x1ffffff) << 5) ^ value;
        for (var i = 0; i < generators.Length; i++)
        {
            if (((top >> i) & 1) != 0)
            {
                state ^= generators[i];
            }
        }

        return state;
    }
}
