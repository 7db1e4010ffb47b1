using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>etcd answered with an error that has no type of its own.</summary>
public sealed class EtcdCallFailedException : EtcdEndpointException
{
    public EtcdCallFailedException(Uri endpoint, string act, string status, string detail, Exception? inner = null)
        : base(
              FailureKind.InvalidState,
              endpoint,
              $"{Show(endpoint)} could not {act}: {detail} ({status}).",
              "Look at the member's log at this moment.", inner)
    {
        Status = status;
        Detail = detail;
    }

    /// <summary>The gRPC status code, such as Unknown.</summary>
    public string Status { get; }

    /// <summary>What the server said.</summary>
    public string Detail { get; }
}
