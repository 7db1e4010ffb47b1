using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>The folder of a repository does not exist.</summary>
public sealed class StoreFolderNotFoundException(Uri store, string folder) : RecoveryException(
    FailureKind.NotFound,
    store,
    $"{store}: there is no folder '{folder}'.",
    "Create it first, or correct the path: an unmounted disk would otherwise be filled in silence.");
