using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>An S3 bucket does not exist.</summary>
public sealed class StoreBucketNotFoundException(Uri store, string bucket) : RecoveryException(
    FailureKind.NotFound,
    store,
    $"{store}: there is no bucket '{bucket}'.",
    "Check its name and the region, or create it; DrPowerShell creates no buckets.");
