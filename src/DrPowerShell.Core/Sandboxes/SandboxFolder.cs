namespace DrPowerShell.Core.Sandboxes;

/// <summary>
/// The folder of one sandbox: only its user may look into it, and it goes with the process that made it.
/// </summary>
/// <remarks>
/// It holds production secrets. A guard process removes it when this process dies (<see cref="ProcessGuard"/>); what even that could not
/// remove, after a power loss say, the next sandbox of the user removes: a folder whose lock file can be locked has no owner any more.
/// </remarks>
internal sealed class SandboxFolder : IAsyncDisposable
{
    private const string Prefix = "drps-sandbox-";
    private const string LockName = "owner.lock";

    private readonly FileStream _lock;
    private readonly ProcessGuard _guard;

    private SandboxFolder(string path, FileStream held, ProcessGuard guard)
    {
        Path = path;
        _lock = held;
        _guard = guard;
    }

    /// <summary>The folder's full path.</summary>
    public string Path { get; }

    /// <summary>Makes the folder, and removes those that dead processes left beside it.</summary>
    public static SandboxFolder Create(string parent, string name)
    {
        RemoveLeftovers(parent);
        var path = System.IO.Path.Combine(parent, Prefix + name);
        // The guard first: from here on the folder cannot outlive this process.
        var guard = ProcessGuard.ForFolder(path);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            var held = new FileStream(System.IO.Path.Combine(path, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            return new(path, held, guard);
        }
        catch
        {
            guard.Release();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _lock.DisposeAsync().ConfigureAwait(false);
        await _guard.DisposeAsync().ConfigureAwait(false);
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private static void RemoveLeftovers(string parent)
    {
        try
        {
            foreach (var folder in Directory.EnumerateDirectories(parent, Prefix + "*"))
            {
                RemoveIfOwnerless(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Tidying up after others is a courtesy: it must not fail a start.
        }
    }

    private static void RemoveIfOwnerless(string folder)
    {
        try
        {
            using (new FileStream(System.IO.Path.Combine(folder, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Locked: its owner lives. No lock file: its owner is about to make one. Another user's: not ours to remove.
        }
    }
}
