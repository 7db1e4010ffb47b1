using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The user is unknown or the password is wrong: etcd does not say which.</summary>
public sealed class EtcdAuthenticationFailedException : EtcdEndpointException
{
    public EtcdAuthenticationFailedException(Uri endpoint, string userName, Exception? inner = null)
        : base(
              FailureKind.Authentication,
              endpoint,
              $"{Show(endpoint)} refused the user '{userName}': the user does not exist or the password is wrong.",
              "Give the right user and password with -Credential.", inner)
    {
        UserName = userName;
    }

    /// <summary>The user that was refused.</summary>
    public string UserName { get; }
}
