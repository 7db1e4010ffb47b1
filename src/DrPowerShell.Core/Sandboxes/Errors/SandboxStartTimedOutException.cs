using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Sandboxes.Errors;

/// <summary>The members of a sandbox run, but did not become healthy in time.</summary>
public sealed class SandboxStartTimedOutException(string sandbox, TimeSpan waited, string member, string reason, IReadOnlyList<string> logTail)
    : RecoveryException(
        FailureKind.Timeout,
        sandbox,
        $"Member {member} of the sandbox was not healthy after {waited.TotalSeconds:0} seconds: {reason}",
        "Allow more time with -StartTimeout, or read the member's last log lines (the exception's LogTail).")
{
    /// <summary>The first member that was not healthy.</summary>
    public string Member { get; } = member;

    /// <summary>The last lines of the member's log.</summary>
    public IReadOnlyList<string> LogTail { get; } = logTail;
}
