using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Etcd.Files;

/// <summary>A file could not be opened, was shortened while it was read, or its disk failed.</summary>
public sealed class SnapshotReadFailedException(string path, string reason, Exception? inner = null)
    : RecoveryException(
        FailureKind.ReadFailed,
        path,
        $"The file '{path}' could not be read: {reason}.",
        "Make sure that nothing writes to the file and that its disk is sound (see the kernel log), then try again, or use another copy.",
        inner);

/// <summary>There is no file at a path.</summary>
public sealed class SnapshotFileNotFoundException(string path, bool isDirectory)
    : RecoveryException(
        FailureKind.NotFound,
        path,
        isDirectory ? $"'{path}' is a folder; a snapshot file was expected." : $"There is no file '{path}'.",
        isDirectory ? "Name a file in it, or use a wildcard such as '*.db'." : "Check the path; 'Get-EtcdSnapshot -Path FOLDER/*.db' lists the snapshots of a folder.");
