namespace DrPowerShell.Core.Repositories;

/// <summary>Walks the files below a folder, one folder open at a time a level, while others add and remove some.</summary>
internal static class FolderWalk
{
    // Every ext file system's root has it, and only root may enter.
    private const string RecoveredFiles = "lost+found";

    /// <summary>The files, with their names below the root, '/' between the parts.</summary>
    /// <param name="root">The root, which must be there.</param>
    /// <param name="folder">Where to begin below it, empty for the root itself; nothing is found where it does not exist.</param>
    public static IEnumerable<(string Name, FileInfo File)> Files(string root, string folder)
    {
        if (folder.Length > 0 && Directory.Exists(root) && !Directory.Exists(Path.Combine(root, folder)))
        {
            yield break;
        }

        // Lazily: a repository may hold a hundred thousand files, and the first are wanted at once.
        foreach (var entry in new DirectoryInfo(Path.Combine(root, folder)).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false }))
        {
            var name = folder.Length == 0 ? entry.Name : $"{folder}/{entry.Name}";
            if (entry is FileInfo file)
            {
                if (IsStillThere(file))
                {
                    yield return (name, file);
                }
            }
            else if (entry.LinkTarget is null && name != RecoveredFiles)
            {
                foreach (var below in Files(root, name))
                {
                    yield return below;
                }
            }
        }
    }

    private static bool IsStillThere(FileInfo file)
    {
        // Read once here: between the listing and the look it may have been removed or renamed.
        file.Refresh();
        return file.Exists;
    }
}
