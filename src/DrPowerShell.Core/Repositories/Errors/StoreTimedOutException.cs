using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A store does not answer in time, after retries.</summary>
public sealed class StoreTimedOutException(Uri store, string act, TimeSpan patience, Exception? inner = null) : RecoveryException(
    FailureKind.Timeout,
    store,
    $"{store} did not answer within {patience.TotalSeconds:0} s: {act}.",
    "Try again; if it stays so, look at the network and the server.", inner);
