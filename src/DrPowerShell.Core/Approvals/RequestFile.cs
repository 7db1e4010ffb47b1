using System.Security.Cryptography;
using DrPowerShell.Core.Approvals.Errors;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Approvals;

/// <summary>Writes a bundle to a file: beside its place first, synced, then renamed, so that the file is whole or as it was.</summary>
public static class RequestFile
{
    /// <summary>Writes a new file.</summary>
    /// <exception cref="RequestFileExistsException">There is something already.</exception>
    public static void Create(string path, ApprovalBundle bundle, DurableFiles? files = null) => Write(path, bundle, files ?? DurableFiles.System, replace: false);

    /// <summary>Writes a file anew: with what it holds, and one approval more.</summary>
    public static void Replace(string path, ApprovalBundle bundle, DurableFiles? files = null) => Write(path, bundle, files ?? DurableFiles.System, replace: true);

    private static void Write(string path, ApprovalBundle bundle, DurableFiles files, bool replace)
    {
        if (!replace && Path.Exists(path))
        {
            throw new RequestFileExistsException(path);
        }

        var folder = Path.GetDirectoryName(path)!;
        var part = Path.Combine(folder, $".{Path.GetFileName(path)}.part-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        try
        {
            using (var file = files.CreateFile(part))
            {
                files.Write(file, bundle.ToFile(), 0);
                files.Sync(file);
            }

            if (replace)
            {
                files.ReplaceFile(part, path);
            }
            else
            {
                files.RenameFileExclusively(part, path);
            }
        }
        catch (IOException) when (!replace && Path.Exists(path) && File.Exists(part))
        {
            throw new RequestFileExistsException(path);
        }
        finally
        {
            files.DeleteFile(part);
        }

        files.SyncFolder(folder);
    }
}
