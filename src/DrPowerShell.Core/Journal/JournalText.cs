using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace DrPowerShell.Core.Journal;

/// <summary>The lines of a journal and their hashes.</summary>
internal static class JournalText
{
    /// <summary>What the first record names as the one before.</summary>
    public static string Start { get; } = new('0', 64);

    public static byte[] Line(JournalRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, JournalJson.Default.JournalRecord);

    /// <summary>The line of a seal: its check is made over the line as it is without one.</summary>
    public static byte[] SealLine(JournalRecord record, JournalSeal seal)
    {
        var bare = Line(record with { Data = JournalData.Of(seal with { Check = null }, JournalJson.Default.JournalSeal) });
        return Line(record with { Data = JournalData.Of(seal with { Check = Hash(bare) }, JournalJson.Default.JournalSeal) });
    }

    /// <summary>What a seal's signature covers.</summary>
    public static byte[] SealPayload(string run, JournalRecord record, JournalSeal seal) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{run}:{seal.Count}:{seal.Head}:{record.Time.UtcDateTime:O}"));

    /// <summary>The hash that the next record names: over the line without its line feed.</summary>
    public static string Hash(ReadOnlySpan<byte> line) => Convert.ToHexString(SHA256.HashData(line)).ToLowerInvariant();

    public static JournalRecord? TryRead(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, JournalJson.Default.JournalRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The lines of a file without their line feeds; what follows the last line feed is no line.</summary>
    public static (List<byte[]> Lines, bool IsTorn) Split(byte[] file)
    {
        var lines = new List<byte[]>();
        var start = 0;
        for (int end; (end = Array.IndexOf(file, (byte)'\n', start)) >= 0; start = end + 1)
        {
            lines.Add(file[start..end]);
        }

        return (lines, start < file.Length);
    }
}
