using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A store answers with an error of its own, after retries.</summary>
public sealed class StoreFailedException(Uri store, string act, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.Unreachable,
    store,
    $"{store} failed: {act}: {reason}",
    "Try again; if it stays so, look at the server's own log.", inner);
