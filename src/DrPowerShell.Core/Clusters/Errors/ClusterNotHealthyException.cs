using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>A test of a cluster found what the caller does not accept.</summary>
public sealed class ClusterNotHealthyException : RecoveryException
{
    public ClusterNotHealthyException(EtcdClusterTestResult result, EtcdClusterFinding worst, int count)
        : base(
              FailureKind.InvalidState,
              result.Name,
              $"The cluster '{result.Name}' did not pass: {worst.Code}{(worst.Member is null ? "" : $" ({worst.Member})")}, {(count == 1 ? "1 finding" : $"{count} findings")} in all.",
              "Look at the Findings of the result.")
    {
        Result = result;
    }

    /// <summary>What the test measured and found.</summary>
    public EtcdClusterTestResult Result { get; }
}
