using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The revision asked for has been compacted away.</summary>
public sealed class EtcdRevisionCompactedException : EtcdEndpointException
{
    public EtcdRevisionCompactedException(Uri endpoint, long revision, Exception? inner = null)
        : base(
              FailureKind.NotFound,
              endpoint,
              $"Revision {revision} has been compacted at {Show(endpoint)} and cannot be read any more.",
              "Leave -Revision out for the newest one, or read that revision from a snapshot with Get-EtcdSnapshotKey.", inner)
    {
        Revision = revision;
    }

    /// <summary>The revision asked for.</summary>
    public long Revision { get; }
}
