using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The base of the errors that tell of one endpoint of a cluster.</summary>
public abstract class EtcdEndpointException : RecoveryException
{
    private protected EtcdEndpointException(
        FailureKind kind, Uri endpoint, string message, string recommendedAction, Exception? inner = null)
        : base(kind, endpoint, message, recommendedAction, inner)
    {
        Endpoint = endpoint;
    }

    /// <summary>The client URL that the call went to.</summary>
    public Uri Endpoint { get; }

    // A URL as a user typed it: Uri adds a slash that nobody wrote.
    private protected static string Show(Uri endpoint) =>
        endpoint.IsAbsoluteUri ? endpoint.GetLeftPart(UriPartial.Authority) : endpoint.OriginalString;
}
