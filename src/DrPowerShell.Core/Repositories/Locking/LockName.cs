using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace DrPowerShell.Core.Repositories.Locking;

/// <summary>The name of a lock's mark: <c>.lock/PURPOSE-UTC-RANDOM.json</c>. Marks of one purpose exclude each other.</summary>
internal static partial class LockName
{
    public static string New(string purpose, DateTimeOffset now) =>
        $"{Prefix(purpose)}{now.ToUniversalTime().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}.json";

    /// <summary>What the marks of a purpose begin with; those of a longer purpose may as well.</summary>
    public static string Prefix(string purpose) => $"{BackupNames.LockFolder}{BackupId.FolderOf(purpose)}-";

    /// <summary>Whether a name is that of a mark of ours.</summary>
    public static bool IsMark(string name) => Shape().IsMatch(name);

    /// <summary>Whether a name is that of a mark of this purpose.</summary>
    public static bool IsOf(string name, string purpose) =>
        Shape().Match(name) is { Success: true } match && match.Groups["purpose"].ValueSpan.SequenceEqual(BackupId.FolderOf(purpose));

    [GeneratedRegex(@"^\.lock/(?<purpose>[A-Za-z0-9_-][A-Za-z0-9._-]*)-\d{8}T\d{6}Z-[0-9a-f]{8}\.json$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shape();
}
