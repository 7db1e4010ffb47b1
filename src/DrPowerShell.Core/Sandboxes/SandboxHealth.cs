using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace DrPowerShell.Core.Sandboxes;

/// <summary>Asks a sandbox's members for their own view of their health, over the one-time certificates.</summary>
internal sealed class SandboxHealth : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    private readonly X509Certificate2 _client;
    private readonly X509Certificate2Collection _trusted = [];
    private readonly HttpClient _http;

    public SandboxHealth(SandboxCertificates certificates)
    {
        using var pem = X509Certificate2.CreateFromPemFile(certificates.ClientPath, certificates.ClientKeyPath);
        // Windows' TLS takes no key that lives in memory only: through PKCS #12 it becomes one that it takes.
#pragma warning disable SYSLIB0057 // The loader that replaces this constructor does not exist on .NET 8.
        _client = new X509Certificate2(pem.Export(X509ContentType.Pkcs12));
#pragma warning restore SYSLIB0057
        _trusted.ImportFromPemFile(certificates.CAPath);
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            // A pool waits for the connection it has begun, also for later requests: one that hangs must not outlive the request it was begun for.
            ConnectTimeout = RequestTimeout,
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [_client],
                LocalCertificateSelectionCallback = (_, _, _, _, _) => _client,
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(_trusted);
        _http = new HttpClient(handler) { Timeout = RequestTimeout };
    }

    /// <summary>Null when the member says it is healthy (it has a leader and answers a linearizable read), else why not.</summary>
    public async Task<string?> AskAsync(Uri endpoint, CancellationToken cancellationToken)
    {
        try
        {
            // Alarms came with the snapshot: they say nothing about whether the member is up.
            using var answer = await _http.GetAsync(new Uri(endpoint, "/health?exclude=NOSPACE&exclude=CORRUPT"), cancellationToken).ConfigureAwait(false);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            using var json = JsonDocument.Parse(text);
            return string.Equals(json.RootElement.GetProperty("health").GetString(), "true", StringComparison.Ordinal) ? null : text.Trim();
        }
        catch (HttpRequestException e)
        {
            return e.InnerException?.Message ?? e.Message;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return "it answers, but not as etcd does.";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"it did not answer within {RequestTimeout.TotalSeconds:0} seconds.";
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _client.Dispose();
        foreach (var certificate in _trusted)
        {
            certificate.Dispose();
        }
    }
}
