using System.Buffers;
using System.Text;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Core.Repositories;

/// <summary>What names of objects may look like, the same in every store, so that a copy fits wherever it is brought.</summary>
public static class BlobName
{
    private const int MaximumBytes = 900;

    private static readonly SearchValues<char> NotOnWindows = SearchValues.Create("<>:\"|?*");

    /// <summary>Gives the name back where it is a good one: names come from manifests too, which anybody may have written.</summary>
    /// <exception cref="BlobNameNotValidException">It is empty, rooted or long, or holds '..', a backslash or a control character.</exception>
    public static string Require(Uri store, string name) => IsValid(name) ? name : throw new BlobNameNotValidException(store, name);

    /// <summary>Gives a prefix of names back where it is a good one: empty, or the beginning of a good name, cut anywhere.</summary>
    /// <exception cref="BlobNameNotValidException">No good name begins so.</exception>
    public static string RequirePrefix(Uri store, string prefix) =>
        prefix.Length == 0 || IsValid(prefix.EndsWith('.') || prefix.EndsWith('/') ? prefix + "x" : prefix) ? prefix : throw new BlobNameNotValidException(store, prefix);

    /// <summary>Whether a name is a good one.</summary>
    public static bool IsValid(string name) =>
        name.Length > 0
        && Encoding.UTF8.GetByteCount(name) <= MaximumBytes
        && name.Split('/').All(part => part is not ("" or "." or "..") && !part.Any(c => c == '\\' || char.IsControl(c)) && IsForWindows(part));

    private static bool IsForWindows(string part) => !OperatingSystem.IsWindows() || (!part.AsSpan().ContainsAny(NotOnWindows) && part[^1] is not ('.' or ' '));
}
