using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A file to be stored with a backup does not exist.</summary>
public sealed class IncludedFileNotFoundException(string path) : RecoveryException(
    FailureKind.NotFound,
    path,
    $"There is nothing at '{path}', which was to be stored with the backup.",
    "Correct the path, or leave it out; nothing was backed up.");
