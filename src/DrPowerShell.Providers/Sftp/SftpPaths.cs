using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace DrPowerShell.Providers.Sftp;

/// <summary>Where objects and what is being uploaded lie on a server.</summary>
internal sealed partial class SftpPaths(string root)
{
    public string Root { get; } = root;

    /// <summary>The path of an object.</summary>
    /// <exception cref="ArgumentException">The name would lead out of the store, or is the name of an upload.</exception>
    public string Of(string name)
    {
        var parts = name.Split('/');
        if (parts.Any(part => part is "" or "." or "..") || name.Contains('\0', StringComparison.Ordinal) || IsPart(parts[^1]))
        {
            throw new ArgumentException($"'{name}' is no object's name.", nameof(name));
        }

        return Combine(Root, name);
    }

    /// <summary>
    /// A new path for what is uploaded for an object: <c>.NAME.~RANDOM</c> in the same folder, so that giving it its name moves no bytes, and
    /// short enough to leave 244 bytes to a name where a file system allows 255.
    /// </summary>
    public string NewPart(string name)
    {
        var path = Of(name);
        var slash = path.LastIndexOf('/');
        return $"{path[..slash]}/.{path[(slash + 1)..]}.~{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
    }

    /// <summary>Whether a file's name is the one of an upload.</summary>
    public static bool IsPart(string leaf) => Part().IsMatch(leaf);

    /// <summary>The object that an upload is for.</summary>
    /// <param name="part">Its name, relative to the store.</param>
    public static string NameOf(string part)
    {
        var slash = part.LastIndexOf('/');
        return part[..(slash + 1)] + Part().Match(part[(slash + 1)..]).Groups["name"].Value;
    }

    /// <summary>The path of an upload that was listed.</summary>
    /// <exception cref="ArgumentException">It is none: nothing else is ever removed as one.</exception>
    public string OfPart(string id) => id.Split('/') is [.. var folders, var leaf] && IsPart(leaf) && !folders.Any(f => f is "" or "." or "..")
        ? Combine(Root, id)
        : throw new ArgumentException($"'{id}' is no upload's name.", nameof(id));

    public static string Combine(string folder, string name) => folder.EndsWith('/') ? folder + name : $"{folder}/{name}";

    public static string FolderOf(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";

    [GeneratedRegex(@"^\.(?<name>.+)\.~[0-9a-f]{8}$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Part();
}
