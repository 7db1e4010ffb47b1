using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>No sandbox was named, and several run.</summary>
public sealed class SeveralSandboxesException(IReadOnlyList<string> names) : RecoveryException(
    FailureKind.InvalidState,
    names,
    $"No sandbox was named, and {names.Count} run: {string.Join(", ", names)}.",
    $"Say which one, such as Stop-EtcdSandbox {names[0]}, or -All.");
