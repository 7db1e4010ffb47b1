using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>The file system under a folder of backups is mounted read-only.</summary>
public sealed class StoreReadOnlyException(Uri store, string act, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.Permission,
    store,
    $"{store} is on a file system that is mounted read-only: {act}: {reason}",
    "Mount it for writing (mount -o remount,rw). Where nobody had mounted it read-only, the system did so because the disk fails: look at its log (dmesg) first.",
    inner);
