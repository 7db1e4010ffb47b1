using System.Text;
using System.Text.RegularExpressions;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>One assignment of a unit; lines that end with a backslash are joined.</summary>
/// <param name="Section">Such as Service.</param>
/// <param name="Key">Such as ExecStart.</param>
/// <param name="Value">What follows the equals sign; empty for a reset.</param>
/// <param name="Origin">Its file and first line.</param>
internal sealed record UnitAssignment(string Section, string Key, string Value, SettingOrigin Origin);

/// <summary>A unit with its drop-ins, as <c>systemctl cat</c> prints them: each file below a comment with its path, in the order in which they count.</summary>
internal static partial class UnitText
{
    /// <summary>All assignments of all files, in the order in which they count.</summary>
    public static IReadOnlyList<UnitAssignment> Read(string printed)
    {
        var found = new List<UnitAssignment>();
        var lines = printed.ReplaceLineEndings("\n").Split('\n');
        var (path, section, line) = ("", "", 0);
        for (var i = 0; i < lines.Length; i++, line++)
        {
            // The pattern is narrow, because units hold comments with paths as well.
            if (Header().Match(lines[i]) is { Success: true } header)
            {
                (path, section, line) = (header.Groups["path"].Value, "", 0);
                continue;
            }

            var text = lines[i].Trim();
            if (text.Length == 0 || text[0] is '#' or ';')
            {
                continue;
            }

            if (text[0] == '[' && text[^1] == ']')
            {
                section = text[1..^1];
                continue;
            }

            var first = line;
            var joined = new StringBuilder(lines[i]);
            while (joined.Length > 0 && joined[^1] == '\\' && i + 1 < lines.Length)
            {
                joined[^1] = ' ';
                do
                {
                    i++;
                    line++;
                }
                while (i + 1 < lines.Length && lines[i].TrimStart() is ['#' or ';', ..]);
                joined.Append(lines[i]);
            }

            var all = joined.ToString();
            if (all.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            {
                found.Add(new UnitAssignment(section, all[..equals].Trim(), all[(equals + 1)..].Trim(), new SettingOrigin(MemberConfigurationKind.SystemdUnit, path, first)));
            }
        }

        return found;
    }

    [GeneratedRegex("^# (?<path>/[^ ]*/systemd/[^ ]*\\.(service|conf))$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Header();
}
