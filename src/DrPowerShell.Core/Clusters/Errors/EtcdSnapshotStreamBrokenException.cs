using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>A snapshot stream ended before its end.</summary>
public sealed class EtcdSnapshotStreamBrokenException : EtcdEndpointException
{
    public EtcdSnapshotStreamBrokenException(Uri endpoint, long bytesReceived, string reason, Exception? inner = null)
        : base(
              FailureKind.ReadFailed,
              endpoint,
              $"The snapshot stream of {Show(endpoint)} broke off after {bytesReceived:N0} bytes: {reason}.",
              "Take the snapshot from another member with -Endpoint, and look at this one's log.", inner)
    {
        BytesReceived = bytesReceived;
    }

    /// <summary>How many bytes of the snapshot had come.</summary>
    public long BytesReceived { get; }
}
