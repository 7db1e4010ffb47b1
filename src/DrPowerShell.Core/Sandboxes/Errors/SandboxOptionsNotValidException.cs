using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Sandboxes.Errors;

/// <summary>A sandbox was asked for that cannot be.</summary>
public sealed class SandboxOptionsNotValidException(object? subject, string message, string recommendedAction)
    : RecoveryException(FailureKind.InvalidInput, subject, message, recommendedAction);
