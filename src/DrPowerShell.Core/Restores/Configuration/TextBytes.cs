using System.Text;
using DrPowerShell.Core.Restores.Configuration.Errors;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>Turns a file's bytes into text and back without losing one.</summary>
internal static class TextBytes
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text; a byte order mark stays its first character.</summary>
    public static string Read(byte[] bytes, string host, string path)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            var line = 1 + bytes.AsSpan(0, Math.Clamp(e.Index, 0, bytes.Length)).Count((byte)'\n');
            throw new MemberConfigurationNotReadableException(host, path, line, "it is not UTF-8 text.");
        }
    }

    public static byte[] Write(string text) => Strict.GetBytes(text);

    /// <summary>The line break that a text uses.</summary>
    public static string LineBreak(string text) => text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";

    /// <summary>The line that an offset lies in, from 1.</summary>
    public static int Line(string text, int offset) => 1 + text.AsSpan(0, offset).Count('\n');

    /// <summary>The text with parts of it replaced.</summary>
    public static string Replace(string text, IEnumerable<(int Start, int End, string Text)> parts)
    {
        foreach (var (start, end, part) in parts.OrderByDescending(one => one.Start))
        {
            text = string.Concat(text.AsSpan(0, start), part, text.AsSpan(end));
        }

        return text;
    }
}
