using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>A write was sent and its answer never came, so that it may or may not have been applied.</summary>
public sealed class EtcdWriteOutcomeUnknownException : EtcdEndpointException
{
    public EtcdWriteOutcomeUnknownException(Uri endpoint, string act, Exception? inner = null)
        : base(
              FailureKind.InvalidState,
              endpoint,
              $"{Show(endpoint)} was sent the request to {act} and the answer was lost: the change may have been made or not.",
              "Read the key with Get-EtcdKey and repeat the change only if it is not there.", inner)
    {
    }
}
