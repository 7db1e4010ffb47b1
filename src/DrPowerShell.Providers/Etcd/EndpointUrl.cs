using DrPowerShell.Core.Clusters.Errors;

namespace DrPowerShell.Providers.Etcd;

/// <summary>Checks what users give as endpoints before anything is sent there.</summary>
internal static class EndpointUrl
{
    /// <exception cref="EtcdEndpointNotValidException">Not an http or https URL with a host and nothing after the port.</exception>
    public static Uri Require(Uri url)
    {
        var reason = !url.IsAbsoluteUri || url.Scheme is not ("http" or "https") ? "it begins with neither http:// nor https://"
            : url.Host.Length == 0 ? "it names no host"
            : url.UserInfo.Length > 0 ? "a user and password do not belong into it: use -Credential"
            : url.PathAndQuery is not ("/" or "") ? "something follows the port"
            : null;

        // What stands before an @ may be a password: it is not repeated.
        return reason is null ? url : throw new EtcdEndpointNotValidException(
            url.IsAbsoluteUri && url.UserInfo.Length > 0 ? $"{url.Scheme}://…@{url.Authority}" : url.OriginalString, reason);
    }
}
