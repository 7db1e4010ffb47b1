using System.Buffers;
using System.Globalization;
using System.Text;

namespace DrPowerShell.Providers.Ssh;

/// <summary>
/// Where in a stream a command begins: with a line that tells its session. What is before that line is the login shell's, whose start-up files
/// may print whatever they like.
/// </summary>
internal sealed class SshMark
{
    private const int LongestHead = 1 << 20;
    private const string Text = "drpowershell-session:";

    private readonly ArrayBufferWriter<byte> _head = new();

    /// <summary>A script that says it on both streams and becomes the program that its arguments name. (The second field of stat is "(sh)".)</summary>
    public const string Announce = $"read -r _ _ _ _ _ s _ < /proc/$$/stat; m=\"{Text}$s\"; echo \"$m\"; echo \"$m\" >&2; exec \"$@\"";

    /// <summary>The session that the server put the command into; null before the mark is seen.</summary>
    public int? Session { get; private set; }

    /// <summary>What came so far, where no mark did.</summary>
    public string Head => Encoding.UTF8.GetString(_head.WrittenSpan).Trim();

    /// <summary>Takes the next bytes of the stream and returns those that are the command's own.</summary>
    public ReadOnlySpan<byte> Pass(ReadOnlySpan<byte> bytes)
    {
        if (Session is not null || _head.WrittenCount > LongestHead)
        {
            return Session is null ? [] : bytes;
        }

        _head.Write(bytes);
        var all = _head.WrittenSpan;
        for (var from = 0; all[from..].IndexOf(Encoding.ASCII.GetBytes(Text)) is >= 0 and var at; from += at + Text.Length)
        {
            // A shell that shows what it runs shows the mark's words too, without the number.
            var number = all[(from + at + Text.Length)..];
            var end = number.IndexOf((byte)'\n');
            if (end >= 0 && int.TryParse(number[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var session))
            {
                Session = session;
                return number[(end + 1)..];
            }
        }

        return [];
    }
}
