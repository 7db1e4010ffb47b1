using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Providers.Sftp;

/// <summary>Where objects and their parts lie on a server; parts are named as in a folder, so that either store finds what the other left.</summary>
internal sealed class SftpPaths(Uri store, string root)
{
    public string Root { get; } = root;

    /// <summary>The path of an object.</summary>
    /// <exception cref="BlobNameNotValidException">It would lead out of the store, or looks like a part, which is hidden.</exception>
    public string Of(string name) =>
        IsPart(BlobName.Require(store, name)) ? throw new BlobNameNotValidException(store, name) : Combine(Root, name);

    /// <summary>The path of a folder that names begin with, empty for the root, else with '/' at its end.</summary>
    public string OfFolder(string folder) => folder.Length == 0 ? Root : Combine(Root, BlobName.Require(store, folder[..^1]));

    /// <summary>A new path for what is written for an object, in the same folder, so that giving it its name moves no bytes.</summary>
    public string NewPart(string name)
    {
        var path = Of(name);
        var leaf = path.LastIndexOf('/') + 1;
        return path[..leaf] + FolderPart.NewName(path[leaf..]);
    }

    /// <summary>The path of a part that was listed.</summary>
    /// <exception cref="BlobNameNotValidException">It is none: nothing else is ever removed as one.</exception>
    public string OfPart(string id) => IsPart(BlobName.Require(store, id)) ? Combine(Root, id) : throw new BlobNameNotValidException(store, id);

    /// <summary>Whether a name is the one of a part.</summary>
    public static bool IsPart(string name) => FolderPart.IsPart(name[(name.LastIndexOf('/') + 1)..]);

    public static string Combine(string folder, string name) => folder.EndsWith('/') ? folder + name : $"{folder}/{name}";

    public static string FolderOf(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";
}
