using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Notifications.Errors;

/// <summary>A notifier did not take a notice; it may take it later.</summary>
public sealed class NotifierNotReachedException(string name, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.Unreachable, name, $"The notifier '{name}' was not reached: {reason}", "Check that it is up, and that the estate names it right.", inner)
{
    /// <summary>Why, in one line, without address or secret.</summary>
    public string Reason { get; } = reason;
}

/// <summary>A notifier refused a notice.</summary>
public sealed class NotifierRefusedException(string name, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.Refused, name, $"The notifier '{name}' refused the notice: {reason}", "Correct what the estate says of it.", inner)
{
    /// <summary>Why, in one line, without address or secret.</summary>
    public string Reason { get; } = reason;
}

/// <summary>A notifier cannot be used as the estate describes it.</summary>
public sealed class NotifierNotUsableException(string name, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.InvalidInput, name, $"The notifier '{name}' cannot be used: {reason}", "Correct what the estate says of it.", inner)
{
    /// <summary>Why, in one line, without address or secret.</summary>
    public string Reason { get; } = reason;
}
