using System.Security.Cryptography;
using System.Text;

namespace DrPowerShell.Providers.Age;

/// <summary>The textual head of an age file: stanzas, each wrapping the same file key, and a MAC under that key.</summary>
/// <remarks>
/// https://c2sp.org/age, lines ended by LF alone:
/// <code>
/// age-encryption.org/v1
/// -> TYPE ARGUMENT ...
/// base64 of the body, 64 columns a line; the last line is shorter, empty if need be
/// --- base64 of HMAC-SHA256 over everything up to and including "---"
/// </code>
/// </remarks>
internal sealed record AgeHeader(IReadOnlyList<AgeStanza> Stanzas, byte[] Mac)
{
    private const string Intro = "age-encryption.org/v1";
    private const string StanzaMark = "->";
    private const string MacMark = "---";
    private const int Columns = 64;

    // A hundred recipients with post-quantum keys; a stream that is no age file must not be read to its end as a header.
    private const int LargestLength = 1 << 18;

    private static readonly byte[] MacInfo = Encoding.ASCII.GetBytes("header");

    /// <summary>Makes the header for a file key.</summary>
    public static AgeHeader Seal(IReadOnlyList<AgeStanza> stanzas, byte[] fileKey) => new(stanzas, MacOf(stanzas, fileKey));

    /// <summary>Whether whoever wrote the header knew the file key, and nothing of it was changed since.</summary>
    public bool IsSealedBy(byte[] fileKey) => CryptographicOperations.FixedTimeEquals(Mac, MacOf(Stanzas, fileKey));

    public byte[] ToBytes() => Encoding.ASCII.GetBytes($"{Text(Stanzas)} {AgeText.ToBase64(Mac)}\n");

    /// <exception cref="AgeFormatException">It is no such header.</exception>
    public static async Task<AgeHeader> ReadAsync(AgeSource source, CancellationToken cancellationToken)
    {
        if (!string.Equals(await source.ReadLineAsync(mayEnd: false, cancellationToken).ConfigureAwait(false), Intro, StringComparison.Ordinal))
        {
            throw new AgeFormatException("it does not begin as a file of age, version 1, does.");
        }

        var stanzas = new List<AgeStanza>();
        while (true)
        {
            var parts = (await LineAsync(source, cancellationToken).ConfigureAwait(false)).Split(' ');
            switch (parts)
            {
                case [StanzaMark, _, ..] when parts.AsSpan(1).IndexOf("") < 0 && parts.All(part => part.All(c => c is >= '!' and <= '~')):
                    stanzas.Add(new(parts[1], parts[2..], await BodyAsync(source, cancellationToken).ConfigureAwait(false)));
                    break;
                case [MacMark, var text] when stanzas.Count > 0 && AgeText.FromBase64(text) is { Length: HMACSHA256.HashSizeInBytes } mac:
                    return new(stanzas, mac);
                default:
                    throw new AgeFormatException("a line of its header is malformed.");
            }
        }
    }

    private static async Task<byte[]> BodyAsync(AgeSource source, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        string line;
        do
        {
            line = await LineAsync(source, cancellationToken).ConfigureAwait(false);
            text.Append(line);
        }
        while (line.Length == Columns);

        return line.Length < Columns && AgeText.FromBase64(text.ToString()) is { } body
            ? body
            : throw new AgeFormatException("the body of a stanza of its header is malformed.");
    }

    private static async Task<string> LineAsync(AgeSource source, CancellationToken cancellationToken) =>
        await source.ReadLineAsync(mayEnd: false, cancellationToken).ConfigureAwait(false) is { } line && source.LineBytes <= LargestLength
            ? line
            : throw new AgeFormatException("its header has no end.");

    private static byte[] MacOf(IReadOnlyList<AgeStanza> stanzas, byte[] fileKey)
    {
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, HMACSHA256.HashSizeInBytes, salt: [], MacInfo);
        return HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(Text(stanzas)));
    }

    // The one canonical spelling: reading has refused every other, so the MAC can be taken over what was parsed.
    private static string Text(IReadOnlyList<AgeStanza> stanzas)
    {
        var text = new StringBuilder(Intro).Append('\n');
        foreach (var stanza in stanzas)
        {
            text.Append(StanzaMark).Append(' ').AppendJoin(' ', [stanza.Type, .. stanza.Arguments]).Append('\n');
            var body = AgeText.ToBase64(stanza.Body);
            for (var i = 0; i <= body.Length; i += Columns)
            {
                text.Append(body, i, Math.Min(Columns, body.Length - i)).Append('\n');
            }
        }

        return text.Append(MacMark).ToString();
    }
}
