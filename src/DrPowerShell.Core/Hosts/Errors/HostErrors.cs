using System.Globalization;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Hosts.Errors;

/// <summary>A command on a host was not done in time.</summary>
public sealed class HostCommandTimedOutException(string host, HostCommand command) : RecoveryException(
    FailureKind.Timeout,
    host,
    string.Create(CultureInfo.InvariantCulture, $"{host}: '{Shortened(command)}' was not done within {command.Timeout.TotalSeconds:N0} s."),
    "Look on the host what holds it up (a hanging mount, a stopped disk), then resume the run.")
{
    private static string Shortened(HostCommand command) => command.ToString() is { Length: > 100 } text ? text[..100] + "…" : command.ToString();
}

/// <summary>A command on a host ended with an exit code that tells of a failure.</summary>
public sealed class HostCommandFailedException(string host, string what, HostCommandResult result) : RecoveryException(
    FailureKind.InvalidState,
    host,
    $"{host}: {what} failed: {result.Reason}.",
    "Look at the host's own message; when its cause is gone, resume the run.");

/// <summary>A rename on a host would be a copy.</summary>
public sealed class HostVolumesDifferException(string host, string path, string newPath) : RecoveryException(
    FailureKind.InvalidInput,
    $"{host}:{path}",
    $"{path} cannot become {newPath} on {host}: they lie on different file systems, or one is a mount point.",
    "Nothing was moved. Look at the mounts there (findmnt), and name a place on the same file system.");

/// <summary>A host could not be reached, or vanished in the middle of something.</summary>
public sealed class HostUnreachableException(string host, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.Unreachable,
    host,
    $"{host} does not answer: {reason}",
    "Check that the machine and its SSH server are up, and that the estate's address and port for it are right; then resume the run.",
    inner);

/// <summary>There is no such file on the host.</summary>
public sealed class HostFileNotFoundException(string host, string path) : RecoveryException(
    FailureKind.NotFound, $"{host}:{path}", $"There is no {path} on {host}.", "Check the path in the estate.");

/// <summary>A name is taken on the host, and nothing is ever overwritten.</summary>
public sealed class HostFileExistsException(string host, string path) : RecoveryException(
    FailureKind.AlreadyExists, $"{host}:{path}", $"{path} is already there on {host}.", "Move it out of the way, or find out which run left it: Get-RecoveryRun.");

/// <summary>The user that commands run as may not do that on the host.</summary>
public sealed class HostAccessDeniedException(string host, string path, string user) : RecoveryException(
    FailureKind.Permission,
    $"{host}:{path}",
    $"{user} may not touch {path} on {host}.",
    user == "root"
        ? "Look on the host what denies it even to root: an immutable file (lsattr), NFS, SELinux (ausearch -m avc)."
        : "Log in as root, or set sudo: true for this host in the estate.");

/// <summary>The file system on the host is full.</summary>
public sealed class HostDiskFullException(string host, string path) : RecoveryException(
    FailureKind.DiskFull, $"{host}:{path}", $"The file system of {path} on {host} is full.", "Free space there; parked data directories of earlier runs are named *.parked-RUN.");

/// <summary>What arrived on a host is not what was sent.</summary>
public sealed class HostDigestMismatchException(string host, string path) : RecoveryException(
    FailureKind.InvalidData, $"{host}:{path}", $"The SHA-256 of {path} on {host} is not that of what was copied.", "Check the host's disk and memory, then resume the run.");

/// <summary>The estate names no such host.</summary>
public sealed class HostNotFoundException(string name, IReadOnlyCollection<string> known) : RecoveryException(
    FailureKind.NotFound,
    name,
    $"There is no host '{name}' in the estate{(known.Count == 0 ? "" : ": it names " + string.Join(", ", known))}.",
    "Add it under hosts, or check the name.");

/// <summary>This machine is none that can be restored to.</summary>
public sealed class HostNotSupportedException(string host, string system) : RecoveryException(
    FailureKind.InvalidInput, host, $"{host} runs {system}; members are restored on POSIX systems only.", "Run it on Linux, or name an SSH host.");
