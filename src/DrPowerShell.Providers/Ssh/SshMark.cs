using System.Buffers;
using System.Diagnostics.CodeAnalysis;
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

    /// <summary>A script that says it on both streams and becomes the program that its arguments name.</summary>
    /// <remarks>The second field of stat is "(sh)"; that of the session's leader may be anything, blanks included.</remarks>
    public const string Announce =
        "read -r _ _ _ _ _ s _ < /proc/$$/stat; { read -r t < /proc/$s/stat; read -r b < /proc/sys/kernel/random/boot_id; } 2>/dev/null; "
        + $"begun() {{ set -- ${{t##*) }}; t=${{20}}; }}; begun; m=\"{Text}$s $t $b\"; echo \"$m\"; echo \"$m\" >&2; exec \"$@\"";

    /// <summary>The session that the server put the command into; null before the mark is seen.</summary>
    public SshSession? Session { get; private set; }

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
            if (end >= 0 && SshSession.TryParse(Encoding.UTF8.GetString(number[..end]), out var session))
            {
                Session = session;
                return number[(end + 1)..];
            }
        }

        return [];
    }
}

/// <summary>A session on a host, told from every other one of the same number.</summary>
/// <param name="Id">Its number, which is its leader's.</param>
/// <param name="Begun">When its leader began, in ticks since the boot; empty where the host does not tell.</param>
/// <param name="Boot">The boot's id; empty where the host does not tell.</param>
internal sealed record SshSession(int Id, string Begun, string Boot)
{
    /// <summary>Reads "ID BEGUN BOOT".</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SshSession? session)
    {
        var parts = text.Trim('\r').Split(' ');
        session = parts.Length == 3 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? new SshSession(id, parts[1], parts[2]) : null;
        return session is not null;
    }
}
