using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Restores.Configuration.Errors;

/// <summary>A member's configuration is written in a way that cannot be read, or not be changed, with certainty.</summary>
public sealed class MemberConfigurationNotReadableException(string host, string path, int line, string reason) : RecoveryException(
    FailureKind.InvalidData,
    $"{host}:{path}",
    $"{path}{(line > 0 ? $"({line})" : "")} on {host} cannot be used: {reason}",
    "Correct the file at that place, or name the member's configuration, dataDirectory and URLs in the estate.")
{
    public int Line { get; } = line;

    /// <summary>What is wrong there, as a sentence.</summary>
    public string Reason { get; } = reason;
}

/// <summary>Nothing on the host tells how a member is set up.</summary>
public sealed class MemberConfigurationNotFoundException(string host, string service, string reason) : RecoveryException(
    FailureKind.NotFound,
    $"{service} on {host}",
    $"Nothing on {host} tells how {service} is set up: {reason}",
    "Name the member's configuration and dataDirectory in the estate.");
