using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Runbooks;

/// <summary>What the journal says of a failure.</summary>
internal static class StepFailures
{
    public static StepFailure Of(Exception error, bool cancelled, bool retries) => error switch
    {
        OperationCanceledException => new StepFailure("Cancelled", "It was stopped.", null, TimedOut: false, Cancelled: true, retries),
        RecoveryException known => new StepFailure(known.ErrorId, known.Message, known.RecommendedAction, known is StepTimedOutException, cancelled, retries),
        _ => new StepFailure("UnexpectedFailure", $"{error.GetType().Name}: {error.Message}", null, TimedOut: false, cancelled, retries),
    };

    public static StepOutcome Outcome(StepFailure failure) =>
        failure.Cancelled ? StepOutcome.Cancelled : failure.TimedOut ? StepOutcome.TimedOut : StepOutcome.Failed;

    /// <summary>Whether another attempt may go better: not where somebody said no, or where a person must act first.</summary>
    public static bool MayPass(Exception error) => error is not StepDidNotStopException && (error is not RecoveryException known || known.Kind is
        FailureKind.Unreachable or FailureKind.Timeout or FailureKind.ReadFailed or FailureKind.WriteFailed or FailureKind.InvalidState or FailureKind.InvalidData);

    /// <summary>Whether it is what a short break of the network shows itself by: nobody has said no.</summary>
    public static bool IsBlip(Exception error) => error is RecoveryException { Kind: FailureKind.Unreachable };
}
