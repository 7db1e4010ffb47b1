using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The member is a learner, which does not serve this kind of request.</summary>
public sealed class EtcdMemberIsLearnerException : EtcdEndpointException
{
    public EtcdMemberIsLearnerException(Uri endpoint, string act, Exception? inner = null)
        : base(
              FailureKind.InvalidState,
              endpoint,
              $"{Show(endpoint)} is a learner and does not serve the request to {act}.",
              "Name a voting member with -Endpoint, or promote the learner first.", inner)
    {
    }
}
