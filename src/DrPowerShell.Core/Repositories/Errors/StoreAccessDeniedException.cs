using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>The credentials are good and their rights do not suffice; of a folder, the rights of the user who runs this.</summary>
public sealed class StoreAccessDeniedException(Uri store, string act, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.Permission,
    store,
    $"{store} forbids it: {act}: {reason}",
    store.IsFile
        ? $"Give {Environment.UserName}, the user who runs this, the right to list, read, write and delete in {store.LocalPath}, or run as a user who has it."
        : "The credentials are good, but their rights do not suffice: give them the right to list, read, write and delete there.",
    inner);
