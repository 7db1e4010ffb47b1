using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Sandboxes.Errors;

/// <summary>A member of a sandbox ended while the sandbox was starting.</summary>
public sealed class SandboxStartFailedException(string sandbox, string member, int exitCode, string reason, IReadOnlyList<string> logTail)
    : RecoveryException(
        FailureKind.InvalidState,
        sandbox,
        $"Member {member} of the sandbox ended with exit code {exitCode} while it was starting: {reason}",
        "Read the member's last log lines (the exception's LogTail); where a snapshot is to blame, Test-EtcdSnapshot -Level Full says why.")
{
    /// <summary>The member that ended.</summary>
    public string Member { get; } = member;

    /// <summary>etcd's exit code.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>The last lines of the member's log.</summary>
    public IReadOnlyList<string> LogTail { get; } = logTail;
}
