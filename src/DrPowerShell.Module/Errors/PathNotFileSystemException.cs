using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>A path lies on a drive that is no file system.</summary>
public sealed class PathNotFileSystemException(string path, string provider) : RecoveryException(
    FailureKind.InvalidInput,
    path,
    $"'{path}' lies on a drive of the provider {provider}; only files can be used here.",
    "Give a path of the file system.");
