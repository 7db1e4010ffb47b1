using DrPowerShell.Core.Configuration.Errors;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Configuration;

/// <summary>Judges whether anybody but its owner and root can have written an opened file.</summary>
/// <remarks>
/// The file is judged by its handle, so that what was judged is what is read. Its folder counts as well, and where a symbolic link was followed
/// both the link's folder and the file's: who may write there may put another file in its place. A sticky folder (such as /tmp) does not let others
/// replace a file.
/// </remarks>
internal static class FileTrust
{
    private const UnixFileMode Others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Throws where a path names something that is no file, such as a pipe, whose opening would wait for ever.</summary>
    public static void RequireRegularFile(string file)
    {
        if (!FileFacts.Of(file).IsRegularFile)
        {
            throw new EstateNotReadableException(file, 1, 1, "it is no file.");
        }
    }

    public static void Check(FileStream stream, string file)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsFileTrust.Check(stream, file);
            return;
        }

        Check(FileFacts.Of(stream.SafeFileHandle), file, Resolved(file), file);
        string[] folders = [Path.GetDirectoryName(file)!, Path.GetDirectoryName(Resolved(file))!];
        foreach (var folder in folders.Distinct(StringComparer.Ordinal))
        {
            var facts = FileFacts.Of(folder);
            Check(facts.Mode.HasFlag(UnixFileMode.StickyBit) ? facts with { Mode = facts.Mode & ~Others } : facts, file, folder, "its folder " + folder);
        }
    }

    private static void Check(FileFacts facts, string file, string path, string name)
    {
        var what = name == file ? "it" : name;
        if (facts.Owner is { } owner && owner != 0 && owner != FileFacts.CurrentUser)
        {
            throw new EstateNotTrustedException(file, $"{what} belongs to another user (id {owner})", $"sudo chown {FileFacts.CurrentUser} {Quoted(path)}");
        }

        if ((facts.Mode & Others) != UnixFileMode.None)
        {
            var who = (facts.Mode & Others) switch { UnixFileMode.GroupWrite => "its group", UnixFileMode.OtherWrite => "everybody", _ => "its group and everybody else" };
            throw new EstateNotTrustedException(file, $"{what} may be written by {who}", $"chmod go-w {Quoted(path)}");
        }
    }

    private static string Resolved(string file) => FileFacts.RealPath(file) ?? file;

    private static string Quoted(string path) => path.All(c => char.IsLetterOrDigit(c) || c is '/' or '.' or '-' or '_') ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
