using System.Globalization;

namespace DrPowerShell.Core.Hosts;

/// <summary>Reads what the commands of a host print, and writes what they take.</summary>
internal static class HostText
{
    /// <summary>What find prints, each with a zero byte at its end: type, size, time, mode in octal, ids, names, label, path; divided by bars.</summary>
    public static IEnumerable<HostEntry> Entries(string output) => output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(Entry);

    private static HostEntry Entry(string text)
    {
        var parts = text.Split('|', 10);
        var kind = parts[0] switch
        {
            "f" => HostEntryKind.File,
            "d" => HostEntryKind.Directory,
            "l" => HostEntryKind.Link,
            _ => HostEntryKind.Other,
        };
        var attributes = new HostFileAttributes(parts[6], parts[7], Convert.ToInt32(parts[3], 8), parts[8] is "?" or "" ? null : parts[8]);
        return new HostEntry(
            parts[9], kind, long.Parse(parts[1], CultureInfo.InvariantCulture), attributes, DateTimeOffset.UnixEpoch.AddSeconds(double.Parse(parts[2], CultureInfo.InvariantCulture)));
    }

    /// <summary>owner:group for chown; empty for none.</summary>
    public static string Owner(HostFileAttributes? attributes) =>
        attributes is null || (attributes.Owner is null && attributes.Group is null) ? "" : $"{attributes.Owner}{(attributes.Group is null ? "" : ":" + attributes.Group)}";

    /// <summary>The mode in octal; empty for none.</summary>
    public static string Mode(HostFileAttributes? attributes) => attributes?.Mode is { } mode ? Convert.ToString(mode, 8) : "";

    /// <summary>A path that may be removed or given away with all that is in it.</summary>
    /// <exception cref="ArgumentException">It is a whole machine, or one of its own folders.</exception>
    public static string NotRoot(string path)
    {
        var names = path.TrimEnd('/').Split('/');
        return (names.Length > 2 || (names.Length == 2 && IsOfRun(names[1]))) && names[0].Length == 0 && !names.Skip(1).Any(name => name is "" or "." or "..") && !IsOfTheSystem(names)
            ? path
            : throw new ArgumentException($"{path} is not removed or given away: it is no path, or a folder of the system.", nameof(path));
    }

    // Beside a data directory that lies directly below /: what a run puts there carries its mark.
    private static bool IsOfRun(string name) => name.EndsWith(".drpowershell-lock", StringComparison.Ordinal)
        || Marks.Any(mark => name.Contains(mark, StringComparison.Ordinal));

    private static readonly string[] Marks = [".drpowershell-lock.taken-", ".restoring-", ".uploading-", ".part-"];

    // A run removes what lies in these, never one of them.
    private static bool IsOfTheSystem(string[] names) => names.Length == 3 && names[1] switch
    {
        "usr" => true,
        "var" => names[2] is "lib" or "log" or "cache" or "spool" or "mail" or "opt" or "backups" or "local" or "run" or "tmp",
        "etc" => names[2] is "systemd" or "kubernetes" or "ssh" or "ssl" or "default" or "sysconfig" or "etcd",
        _ => false,
    };

    /// <summary>What sha256sum prints: digest, two blanks, path; a path with a line break or a backslash is escaped, and its line begins with a backslash.</summary>
    public static Dictionary<string, string> Digests(string output)
    {
        var digests = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var isEscaped = line[0] == '\\';
            var text = isEscaped ? line[1..] : line;
            var name = isEscaped ? Unescaped(text[66..]) : text[66..];
            // What was read from a stream has a name of the program's own.
            digests[name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : ""] = text[..64];
        }

        return digests;
    }

    /// <summary>What df says twice, each below a headline: type, free, size, mount point; source. Numbers that a file system does not tell are dashes.</summary>
    public static HostVolume Volume(string output)
    {
        var lines = output.Split('\n');
        var parts = lines[1].TrimStart().Split(' ', 2, StringSplitOptions.TrimEntries);
        var free = parts[1].Split(' ', 2, StringSplitOptions.TrimEntries);
        var size = free[1].Split(' ', 2, StringSplitOptions.TrimEntries);
        return new HostVolume(size[1], lines[3].Trim(), parts[0], Number(free[0]), Number(size[0]));
        static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    /// <summary>Lines of ps: pid, parent, user, arguments.</summary>
    public static IReadOnlyList<HostProcess> Processes(string output) =>
        [.. from line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            let parts = line.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries)
            where parts.Length >= 3
            select new HostProcess(
                int.Parse(parts[0], CultureInfo.InvariantCulture),
                int.Parse(parts[1], CultureInfo.InvariantCulture),
                parts[2],
                parts.Length > 3 ? parts[3].Split(' ', StringSplitOptions.RemoveEmptyEntries) : [])];

    /// <summary>Lines of /proc/net/tcp: the second field is the local address and port, the fourth the state; 0A is listening.</summary>
    public static IReadOnlyList<int> Listening(string output) =>
        [.. (from line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
             let parts = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries)
             where parts.Length >= 4 && parts[3] == "0A"
             select int.Parse(parts[1].AsSpan(parts[1].LastIndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture)).Distinct().Order()];

    private static string Unescaped(string name) =>
        name.Replace("\\\\", "\0", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\r", "\r", StringComparison.Ordinal).Replace('\0', '\\');
}
