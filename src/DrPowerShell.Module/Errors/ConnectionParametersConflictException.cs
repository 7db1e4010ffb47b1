using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>Parameters were given together that say two different things about the cluster.</summary>
public sealed class ConnectionParametersConflictException(string parameter, string message, string recommendedAction)
    : RecoveryException(FailureKind.InvalidInput, parameter, message, recommendedAction);
