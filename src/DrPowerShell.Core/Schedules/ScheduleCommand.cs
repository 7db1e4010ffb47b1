using System.Text;

namespace DrPowerShell.Core.Schedules;

/// <summary>The one command that every schedule runs, and how each kind of runner wants it quoted.</summary>
internal static class ScheduleCommand
{
    /// <summary>The options of pwsh before the command.</summary>
    public const string Options = "-NoProfile -NonInteractive -Command";

    /// <summary>The PowerShell text.</summary>
    /// <exception cref="ScheduleNotExpressibleException">A name or path holds a control character, which no file of a runner carries.</exception>
    public static string Script(BackupSchedule schedule, ScheduleTarget target, ScheduleHost host)
    {
        var script = $"Import-Module {Quote(host.Module)}; Invoke-BackupSchedule -Name {Quote(schedule.Name)}"
            + (host.EstatePath is null ? "" : $" -Estate {Quote(host.EstatePath)}");
        return !$"{script}{host.PowerShellPath}{host.User}".Any(char.IsControl)
            ? script
            : throw new ScheduleNotExpressibleException(schedule.Name, target, "a name or a path of it holds a control character.");
    }

    /// <summary>A PowerShell literal. PowerShell takes the typographic quotes for quotes too.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (var c in text)
        {
            quoted.Append(c is '\'' or '\u2018' or '\u2019' or '\u201A' or '\u201B' ? $"{c}{c}" : c);
        }

        return quoted.Append('\'').ToString();
    }

    /// <summary>An argument of a POSIX shell.</summary>
    public static string QuoteForShell(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>An argument of a line of a systemd unit: neither its variables nor its specifiers are meant.</summary>
    public static string QuoteForSystemd(string text) => '"' + text.Replace(@"\", @"\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("%", "%%", StringComparison.Ordinal)
        .Replace("$", "$$", StringComparison.Ordinal) + '"';

    /// <summary>An argument as programs on Windows take it apart: backslashes count double in front of a quote alone.</summary>
    public static string QuoteForWindows(string text)
    {
        var quoted = new StringBuilder("\"");
        var slashes = 0;
        foreach (var c in text)
        {
            quoted.Append('\\', c == '"' ? slashes + 1 : 0).Append(c);
            slashes = c == '\\' ? slashes + 1 : 0;
        }

        return quoted.Append('\\', slashes).Append('"').ToString();
    }

    /// <summary>A name of the schedule that every runner takes: lower case letters, digits and '-', at most 40 characters.</summary>
    public static string UnitName(BackupSchedule schedule)
    {
        var slug = string.Concat(schedule.Name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        if (slug.Length is 0 or > 27 || !string.Equals(slug, schedule.Name, StringComparison.Ordinal))
        {
            // Two names that look the same so far must not write the same file.
            var hash = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(schedule.Name)))[..6].ToLowerInvariant();
            slug = $"{slug[..Math.Min(slug.Length, 20)].Trim('-')}-{hash}".TrimStart('-');
        }

        return "drpowershell-" + slug;
    }

    /// <summary>The IANA name of a time zone, which all but Windows want.</summary>
    public static string IanaName(TimeZoneInfo zone) =>
        zone.HasIanaId ? (zone.Id is "Etc/UTC" ? "UTC" : zone.Id) : TimeZoneInfo.TryConvertWindowsIdToIanaId(zone.Id, out var name) ? name : zone.Id;
}
