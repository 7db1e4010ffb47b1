using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>No cluster was named, and several connections are open.</summary>
public sealed class SeveralOpenConnectionsException(IReadOnlyList<string> names) : RecoveryException(
    FailureKind.InvalidState,
    names,
    $"No cluster was named, and {names.Count} connections are open: {string.Join(", ", names)}.",
    $"Say which one, such as -Cluster {names[0]}.")
{
    /// <summary>The names of the open connections.</summary>
    public IReadOnlyList<string> Names { get; } = names;
}
