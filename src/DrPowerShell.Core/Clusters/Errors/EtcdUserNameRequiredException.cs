using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The cluster has authentication enabled and no user was given.</summary>
public sealed class EtcdUserNameRequiredException : EtcdEndpointException
{
    public EtcdUserNameRequiredException(Uri endpoint, Exception? inner = null)
        : base(
              FailureKind.Authentication,
              endpoint,
              $"{Show(endpoint)} has authentication enabled and no user was given.",
              "Give an etcd user and password with -Credential.", inner)
    {
    }
}
