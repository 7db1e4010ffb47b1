using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>The test of journals found what -FailOn names, or could not be carried out.</summary>
public sealed class JournalTestFailedException(string run, int count, string first) : RecoveryException(
    FailureKind.InvalidData,
    run,
    $"The journal of {run} did not pass: {first}{(count > 1 ? $" ({count - 1} more)" : "")}",
    "Look at the Findings of the result. Keep a broken journal as it is, for whoever looks into it.");
