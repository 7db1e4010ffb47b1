using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>A key that was named does not exist.</summary>
public sealed class EtcdKeyNotFoundException(string key, string cluster, long revision = 0) : RecoveryException(
    FailureKind.NotFound,
    key,
    revision > 0 ? $"The key '{key}' did not exist in '{cluster}' at revision {revision}." : $"There is no key '{key}' in '{cluster}'.",
    "Look for it with Get-EtcdKey -Prefix; keys are case-sensitive and often begin with '/'.");
