using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Amazon.Runtime;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Providers.S3;

/// <summary>Gives the SDK one client over connections of ours: their certificates are checked against the authorities that the user named.</summary>
internal sealed class S3HttpClients : HttpClientFactory, IDisposable
{
    private readonly HttpClient _client;

    public S3HttpClients(Uri store, string? authoritiesPath, S3Patience patience)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = patience.Connect,
            // A long-lived process follows a server that has moved to another address.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            AllowAutoRedirect = false,
        };
        if (authoritiesPath is not null)
        {
            var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, TrustMode = X509ChainTrustMode.CustomRootTrust };
            policy.CustomTrustStore.AddRange(ReadAuthorities(store, authoritiesPath));
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        // The time limits are the caller's, which knows how many bytes a request carries.
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => _client.Dispose();

    private static X509Certificate2Collection ReadAuthorities(Uri store, string path)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new StoreCertificateNotTrustedException(store, $"the file '{path}' with the authorities cannot be read: {e.Message}", e);
        }

        return found.Count > 0 ? found : throw new StoreCertificateNotTrustedException(store, $"the file '{path}' holds no PEM certificate.");
    }
}
