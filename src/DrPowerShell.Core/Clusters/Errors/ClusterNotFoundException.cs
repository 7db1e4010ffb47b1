using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The estate names no such cluster.</summary>
public sealed class ClusterNotFoundException(string name, IReadOnlyCollection<string> known) : RecoveryException(
    FailureKind.NotFound,
    name,
    $"There is no cluster '{name}' in the estate{(known.Count == 0 ? "" : ": it names " + string.Join(", ", known))}.",
    "Check the name, or give its endpoints with -Endpoint.");
