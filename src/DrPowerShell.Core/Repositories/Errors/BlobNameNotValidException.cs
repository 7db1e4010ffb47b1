using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A name is none that an object of a store can have: it would leave the store, or mean something to a file system.</summary>
public sealed class BlobNameNotValidException(Uri store, string name) : RecoveryException(
    FailureKind.InvalidInput,
    name,
    $"'{name}' is no name of an object in {store}.",
    "Names are relative, with '/' between their parts, none of which is empty, '.' or '..'; a manifest that holds others was tampered with.");
