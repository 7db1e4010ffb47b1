using System.Net.Security;
using System.Security.Cryptography;

namespace DrPowerShell.Testing.Etcd;

/// <summary>Clients for the HTTP side of test members.</summary>
internal static class GatewayHttp
{
    /// <summary>Makes one; with TLS it shows the certificate and takes the members' own alone, by its SHA-256.</summary>
    /// <remarks>A pool begins no second connection while one is under way: one that was begun as a member went down would hang every later request.</remarks>
    public static HttpClient Create((CertificatePair Client, string ServerHash)? tls, TimeSpan connect)
    {
        var handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = 16,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = connect,
        };
        if (tls is { } secure)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [secure.Client.Load()],
                // Also when the members show an expired one on purpose: it is theirs, and that is all that is asked here.
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString(HashAlgorithmName.SHA256) == secure.ServerHash,
            };
        }

        return new HttpClient(handler) { Timeout = TimeSpan.FromMinutes(2) };
    }
}
