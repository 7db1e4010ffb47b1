using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The database has reached its quota: the NOSPACE alarm is raised and writes are refused.</summary>
public sealed class EtcdSpaceExceededException : EtcdEndpointException
{
    public EtcdSpaceExceededException(Uri endpoint, Exception? inner = null)
        : base(
              FailureKind.WriteFailed,
              endpoint,
              $"{Show(endpoint)} refuses writes: the database has reached its quota and the NOSPACE alarm is raised.",
              "Compact and defragment every member or raise --quota-backend-bytes, and then disarm the alarm.", inner)
    {
    }
}
