using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>What was given as an endpoint is not a client URL.</summary>
public sealed class EtcdEndpointNotValidException : RecoveryException
{
    public EtcdEndpointNotValidException(string endpoint, string reason)
        : base(
              FailureKind.InvalidInput,
              endpoint,
              $"'{endpoint}' is not an etcd client URL: {reason}.",
              "Give -Endpoint as http://HOST:PORT or https://HOST:PORT, for example https://etcd-1:2379.")
    {
    }
}
