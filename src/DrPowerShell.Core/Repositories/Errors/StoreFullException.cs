using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A store has no space, or no quota, left.</summary>
public sealed class StoreFullException(Uri store, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.DiskFull,
    store,
    $"{store} is full: {reason}",
    "Free space there (Invoke-SnapshotRetention -WhatIf tells what may go), or choose another repository.", inner);
