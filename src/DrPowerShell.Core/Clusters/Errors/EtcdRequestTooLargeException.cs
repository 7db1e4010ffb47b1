using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The request is larger than the server takes (1.5 MiB by default).</summary>
public sealed class EtcdRequestTooLargeException : EtcdEndpointException
{
    public EtcdRequestTooLargeException(Uri endpoint, string act, Exception? inner = null)
        : base(
              FailureKind.InvalidInput,
              endpoint,
              $"{Show(endpoint)} refuses the request to {act}: it is larger than the server takes.",
              "Write a smaller value, or raise --max-request-bytes on every member.", inner)
    {
    }
}
