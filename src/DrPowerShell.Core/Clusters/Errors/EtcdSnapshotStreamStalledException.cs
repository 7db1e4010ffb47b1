using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>A snapshot stream stayed silent for longer than allowed.</summary>
public sealed class EtcdSnapshotStreamStalledException : EtcdEndpointException
{
    public EtcdSnapshotStreamStalledException(Uri endpoint, long bytesReceived, TimeSpan timeout, Exception? inner = null)
        : base(
              FailureKind.Timeout,
              endpoint,
              $"The snapshot stream of {Show(endpoint)} stayed silent for {timeout.TotalSeconds:0.###} s after {bytesReceived:N0} bytes.",
              "The member or the network hangs: take the snapshot from another member with -Endpoint.", inner)
    {
        BytesReceived = bytesReceived;
        Timeout = timeout;
    }

    /// <summary>How many bytes of the snapshot had come.</summary>
    public long BytesReceived { get; }

    /// <summary>How long it was silent.</summary>
    public TimeSpan Timeout { get; }
}
