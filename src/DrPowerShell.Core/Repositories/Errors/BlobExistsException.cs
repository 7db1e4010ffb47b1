using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>An object that must be new is there already.</summary>
public sealed class BlobExistsException(Uri store, string name) : RecoveryException(
    FailureKind.AlreadyExists,
    name,
    $"'{name}' exists already in {store}; it was not touched.",
    "Nothing in a repository is overwritten: try again, a new backup gets a new name.");
