using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Checks.Errors;

/// <summary>What a check asked did not answer.</summary>
public sealed class CheckNotAnsweredException(string subject, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.Unreachable, subject, $"{subject}: {reason}", "Check that it is up, and that the plan's check names it right.", inner)
{
    /// <summary>Why, in one line.</summary>
    public string Reason { get; } = reason;
}

/// <summary>A check needs something that is not there where it runs.</summary>
public sealed class CheckNotPossibleException(string check, string reason) : RecoveryException(
    FailureKind.InvalidState, check, $"The check '{check}' cannot be made here: {reason}", "Correct the check in the plan.");

/// <summary>A script is not the one that the plan was made with.</summary>
public sealed class CheckScriptChangedException(string check, string script) : RecoveryException(
    FailureKind.Security,
    script,
    $"The script '{script}' of the check '{check}' has changed since the plan was made.",
    "Look at what has changed, then make the plan again, and have it approved again.");

/// <summary>A business check did not pass before its deadline.</summary>
public sealed class BusinessCheckFailedException(CheckResult result) : RecoveryException(
    FailureKind.InvalidState,
    result.Name,
    $"The business check '{result.Name}' did not pass: {result.Text}",
    "Find out why the business does not see what it should; the cluster itself is healthy.")
{
    public CheckResult Result { get; } = result;
}
