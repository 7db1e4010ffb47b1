using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Core.Repositories;

/// <summary>A backup's id: cluster, UTC time, random suffix, as in <c>prod-20261122T140512Z-7f3a</c>. Ids of one cluster sort by time.</summary>
public readonly partial record struct BackupId
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    private BackupId(string cluster, DateTimeOffset time, string suffix) => (Cluster, Time, Suffix) = (cluster, time, suffix);

    /// <summary>The cluster's name as names of objects can hold it: letters, digits, dot, underscore and dash; also the folder's name.</summary>
    public string Cluster { get; }

    /// <summary>When the backup was begun, UTC, whole seconds.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>Four hexadecimal digits that keep backups of one second apart.</summary>
    public string Suffix { get; }

    /// <summary>Makes a new id.</summary>
    public static BackupId New(string cluster, DateTimeOffset time) =>
        new(FolderOf(cluster), time.ToUniversalTime(), RandomNumberGenerator.GetHexString(4, lowercase: true));

    /// <summary>The folder that holds a cluster's backups.</summary>
    public static string FolderOf(string cluster)
    {
        var name = string.Concat(cluster.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '_'));
        return name.Length == 0 || name.StartsWith('.') ? "_" + name : name;
    }

    /// <summary>Reads an id.</summary>
    /// <exception cref="BackupIdNotValidException">The text is none.</exception>
    public static BackupId Parse(string text) => TryParse(text, out var id) ? id : throw new BackupIdNotValidException(text);

    public static bool TryParse(string? text, out BackupId id)
    {
        var match = Shape().Match(text ?? "");
        id = default;
        if (!match.Success || !DateTimeOffset.TryParseExact(
            match.Groups["time"].ValueSpan, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
        {
            return false;
        }

        id = new(match.Groups["cluster"].Value, time, match.Groups["suffix"].Value);
        return true;
    }

    public override string ToString() => $"{Cluster}-{Time.ToString(TimeFormat, CultureInfo.InvariantCulture)}-{Suffix}";

    [GeneratedRegex(@"^(?<cluster>[A-Za-z0-9_-][A-Za-z0-9._-]{0,199})-(?<time>\d{8}T\d{6}Z)-(?<suffix>[0-9a-f]{4})$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shape();
}
