using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The user may not do this.</summary>
public sealed class EtcdPermissionDeniedException : EtcdEndpointException
{
    public EtcdPermissionDeniedException(Uri endpoint, string? userName, string act, Exception? inner = null)
        : base(
              FailureKind.Permission,
              endpoint,
              $"{Show(endpoint)} does not allow {(userName is null ? "this client" : $"the user '{userName}'")} to {act}.",
              "Connect with -Credential as a user who has the role that this needs: snapshots and HashKV need the root role, keys a " +
              "role with a permission on them.", inner)
    {
        UserName = userName;
    }

    /// <summary>The user that asked, null where a certificate or nobody was named.</summary>
    public string? UserName { get; }
}
