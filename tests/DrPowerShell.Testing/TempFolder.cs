namespace DrPowerShell.Testing;

/// <summary>A folder of its own for one test, readable by its owner alone, removed with everything in it on dispose.</summary>
public sealed class TempFolder : IDisposable
{
    public TempFolder(string name = "test")
    {
        FullName = Directory.CreateTempSubdirectory($"dr-{name}-").FullName;
    }

    /// <summary>The folder's absolute path.</summary>
    public string FullName { get; }

    /// <summary>The path of something in the folder; nothing is created.</summary>
    public string this[params string[] names] => Path.Combine([FullName, .. names]);

    /// <summary>Creates a folder below this one and returns its path.</summary>
    public string CreateFolder(params string[] names) => Directory.CreateDirectory(this[names]).FullName;

    /// <summary>Everything below the folder, as sorted relative paths: what a test compares to prove that nothing was left behind.</summary>
    public IReadOnlyList<string> List() =>
        [.. Directory.EnumerateFileSystemEntries(FullName, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(FullName, path))
            .Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        // A server that was just killed may still be writing its last file.
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (Directory.Exists(FullName))
                {
                    Directory.Delete(FullName, recursive: true);
                }

                return;
            }
            catch (IOException) when (attempt < 20)
            {
                Thread.Sleep(50);
            }
        }
    }

    public override string ToString() => FullName;
}
