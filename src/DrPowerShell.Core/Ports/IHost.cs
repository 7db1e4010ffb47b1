using DrPowerShell.Core.Hosts;

namespace DrPowerShell.Core.Ports;

/// <summary>
/// A POSIX machine: this one, or one behind SSH. Paths are absolute. Thread safe; one connection is opened when first needed and used for all.
/// </summary>
/// <remarks>
/// With sudo everything is done as root. What is written is durable when a call returns: file and folder are fsynced. Every failure is a
/// <c>RecoveryException</c> of the folder Hosts/Errors that names the host; a call that is cancelled, or whose host vanishes, has either been
/// done or has left nothing under the name that was asked for.
/// </remarks>
public interface IHost : IAsyncDisposable
{
    /// <summary>The estate's name for it.</summary>
    string Name { get; }

    /// <summary>Whether it is the machine that this process runs on.</summary>
    bool IsLocal { get; }

    /// <summary>Logs in, and looks who and where we are.</summary>
    Task<HostFacts> GetFactsAsync(CancellationToken cancellationToken);

    /// <summary>Runs a command and waits for its end; an exit code other than 0 is an answer, no error.</summary>
    /// <exception cref="Hosts.Errors.HostCommandTimedOutException">It took longer than the command's timeout; it was ended there, as far as the host still answers.</exception>
    Task<HostCommandResult> RunAsync(HostCommand command, CancellationToken cancellationToken);

    /// <summary>Looks at one file or folder (links are not followed); null where there is none.</summary>
    Task<HostEntry?> FindAsync(string path, CancellationToken cancellationToken);

    /// <summary>What lies directly in a folder, by name; empty where there is no such folder.</summary>
    Task<IReadOnlyList<HostEntry>> ListAsync(string path, CancellationToken cancellationToken);

    /// <summary>Reads a file of at most 16 MiB.</summary>
    /// <exception cref="Hosts.Errors.HostFileNotFoundException">There is no such file.</exception>
    Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken);

    /// <summary>Reads the beginning of a file, all of it where it is shorter.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">How many bytes, at most 16 MiB.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Hosts.Errors.HostFileNotFoundException">There is no such file.</exception>
    Task<byte[]> ReadHeadAsync(string path, int length, CancellationToken cancellationToken);

    /// <summary>Puts a file in place at once and whole: written beside it, fsynced, renamed over it. Null attributes keep those of the file that was there.</summary>
    Task WriteAsync(string path, ReadOnlyMemory<byte> content, HostFileAttributes? attributes, CancellationToken cancellationToken);

    /// <summary>Makes a file that was not there; false where the name is taken. Of two at the same time exactly one succeeds.</summary>
    Task<bool> TryCreateAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Makes a folder and its parents; one that is there is no error.</summary>
    Task CreateDirectoryAsync(string path, HostFileAttributes? attributes, CancellationToken cancellationToken);

    /// <summary>Renames a file or folder within its file system.</summary>
    /// <exception cref="Hosts.Errors.HostFileExistsException">The new name is taken: nothing is ever overwritten.</exception>
    Task MoveAsync(string path, string newPath, CancellationToken cancellationToken);

    /// <summary>Removes a file or a whole folder; one that is not there is no error.</summary>
    Task RemoveAsync(string path, CancellationToken cancellationToken);

    /// <summary>Sets owner, group, mode and label of a folder and everything in it (the mode of the folder alone).</summary>
    Task SetAttributesAsync(string path, HostFileAttributes attributes, CancellationToken cancellationToken);

    /// <summary>Copies a local folder to a new folder there; holes stay holes. Each file's SHA-256 is computed there again and compared.</summary>
    /// <param name="localDirectory">A folder of this machine.</param>
    /// <param name="path">The new folder; its parent exists.</param>
    /// <param name="progress">Bytes copied so far.</param>
    /// <param name="cancellationToken">Stops it; what was copied is removed.</param>
    Task UploadAsync(string localDirectory, string path, IProgress<long>? progress, CancellationToken cancellationToken);

    /// <summary>Copies one file from there to a new local file; its SHA-256 is compared.</summary>
    Task DownloadAsync(string path, string localPath, IProgress<long>? progress, CancellationToken cancellationToken);

    /// <summary>The SHA-256 of every file below a folder, by its path relative to it; of a single file by an empty path.</summary>
    Task<IReadOnlyDictionary<string, string>> GetDigestsAsync(string path, CancellationToken cancellationToken);

    /// <summary>The file system that a path lies on, or would: the nearest parent that exists is asked.</summary>
    Task<HostVolume> GetVolumeAsync(string path, CancellationToken cancellationToken);

    /// <summary>All processes, threads not counted.</summary>
    Task<IReadOnlyList<HostProcess>> GetProcessesAsync(CancellationToken cancellationToken);

    /// <summary>The TCP ports on which something listens in the host's own network.</summary>
    Task<IReadOnlyList<int>> GetListeningPortsAsync(CancellationToken cancellationToken);
}

/// <summary>Opens hosts of one kind.</summary>
public interface IHostConnector
{
    /// <summary>A host that connects when it is first used.</summary>
    IHost Open(HostOptions options);
}
