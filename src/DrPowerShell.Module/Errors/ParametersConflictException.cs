using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>Two parameters exclude each other, or one is missing that another one needs.</summary>
public sealed class ParametersConflictException(string parameter, string reason, string action)
    : RecoveryException(FailureKind.InvalidInput, parameter, reason, action);
