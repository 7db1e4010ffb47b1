using DrPowerShell.Core.Clusters.Errors;

namespace DrPowerShell.Module.Connections;

/// <summary>Reads endpoints as people type them: <c>etcd-1</c>, <c>etcd-1:2379</c>, <c>https://etcd-1:2379</c>, <c>[::1]:2379</c>.</summary>
internal static class EndpointParser
{
    private const int ClientPort = 2379;

    /// <summary>Completes scheme (https where TLS parameters were given) and port (2379).</summary>
    /// <exception cref="EtcdEndpointNotValidException">Not a host, a host with a port, or an http or https URL without a path.</exception>
    public static Uri Parse(string text, bool tls)
    {
        var trimmed = text.Trim();
        var hasScheme = trimmed.Contains("://", StringComparison.Ordinal);
        var url = hasScheme ? trimmed : (tls ? "https://" : "http://") + trimmed;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0
            || uri.AbsolutePath.Length > 1 || uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0)
        {
            throw new EtcdEndpointNotValidException(text, "it is no host, no host with a port, and no http or https URL without a path");
        }

        // A Uri hides whether its default port (80, 443) was typed; etcd's port is 2379 unless one was.
        var authority = url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..].TrimEnd('/');
        var portTyped = authority.LastIndexOf(':') > authority.LastIndexOf(']');
        return portTyped ? uri : new UriBuilder(uri) { Port = ClientPort }.Uri;
    }
}
