using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Configuration.Errors;

/// <summary>An estate file could have been written by somebody else, who would then decide where backups go.</summary>
/// <param name="file">The estate file.</param>
/// <param name="reason">Who may write what, as half a sentence.</param>
/// <param name="remedy">The command to run.</param>
public sealed class EstateNotTrustedException(string file, string reason, string remedy) : RecoveryException(
    FailureKind.Security,
    file,
    $"The estate '{file}' is not trusted: {reason}.",
    $"Look at what is in it, then run: {remedy}")
{
    /// <summary>Who may write what.</summary>
    public string Reason { get; } = reason;

    /// <summary>The command that mends it.</summary>
    public string Remedy { get; } = remedy;
}
