using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DrPowerShell.Core.Checks.Errors;

namespace DrPowerShell.Core.Checks.Probes;

/// <summary>Gets a page: status, pattern, latency. Each attempt has a connection of its own, as a new client has.</summary>
internal sealed class HttpProbe(CheckSection check, CheckWorld world) : CheckProbe(check, world)
{
    private const int LongestBody = 1 << 20;
    private const int DefaultStatus = 200;

    public override async Task<ProbeAnswer> AskAsync(CancellationToken cancellationToken)
    {
        var url = Needed(Check.Url, "url");
        using var tls = Tls();
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, SslOptions = tls.Options };
        using var client = new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        foreach (var (name, value) in Check.Headers)
        {
            Add(request, name, value);
        }

        foreach (var (name, reference) in Check.SecretHeaders)
        {
            Add(request, name, World.Secret(reference)!);
        }

        var start = World.Clock.GetTimestamp();
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        var (body, isCut) = await ReadAsync(response, cancellationToken).ConfigureAwait(false);
        var latency = World.Clock.GetElapsedTime(start);
        var status = (int)response.StatusCode;
        var passes = Check.Status.Count == 0 ? status == DefaultStatus : Check.Status.Contains(status);
        var wanted = string.Join(", ", Check.Status.DefaultIfEmpty(DefaultStatus).Select(one => one.ToString(CultureInfo.InvariantCulture)));
        return (passes
            ? Matches(body)
                ? new ProbeAnswer(true, $"status {status} in {ProbeText.Time(latency)}")
                : new ProbeAnswer(false, $"status {status}, but the pattern is not in the {(isCut ? "first MiB of the " : "")}answer")
            : new ProbeAnswer(false, $"status {status}, not {wanted}")) with { Latency = latency };
    }

    private void Add(HttpRequestMessage request, string name, string value)
    {
        if (value.AsSpan().IndexOfAny('\r', '\n') >= 0 || !request.Headers.TryAddWithoutValidation(name, value))
        {
            throw new CheckNotPossibleException(Check.Name, $"'{name}' is no header that can be sent, or its value has a line break.");
        }
    }

    private static async Task<(string Body, bool IsCut)> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using var end = stream.ConfigureAwait(false);
        var buffer = new byte[LongestBody];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return (Encoding.UTF8.GetString(buffer, 0, length), length == buffer.Length);
    }

    private TlsFiles Tls()
    {
        try
        {
            return new TlsFiles(Check);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CheckNotPossibleException(Check.Name, $"its certificate files cannot be used: {ProbeText.Reason(e)}");
        }
    }

    /// <summary>The certificates of one attempt.</summary>
    private sealed class TlsFiles : IDisposable
    {
        private readonly X509Certificate2Collection _authorities = [];
        private readonly X509Certificate2? _client;

        [SuppressMessage("Security", "CA5398:Avoid hardcoded SslProtocols values", Justification = "The system's own are taken.")]
        public TlsFiles(CheckSection check)
        {
            Options = new SslClientAuthenticationOptions();
            if (check.CaCertificate is { } authorities)
            {
                _authorities.ImportFromPemFile(authorities);
                Options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                Options.CertificateChainPolicy.CustomTrustStore.AddRange(_authorities);
            }

            if (check.Certificate is { } certificate)
            {
                using var pem = X509Certificate2.CreateFromPemFile(certificate, check.CertificateKey ?? certificate);
                // Windows' TLS takes no key that lives in memory only.
                _client = OperatingSystem.IsWindows() ? new X509Certificate2(pem.Export(X509ContentType.Pfx)) : new X509Certificate2(pem);
                Options.ClientCertificates = [_client];
                Options.LocalCertificateSelectionCallback = (_, _, _, _, _) => _client;
            }
        }

        public SslClientAuthenticationOptions Options { get; }

        public void Dispose()
        {
            _client?.Dispose();
            foreach (var one in _authorities)
            {
                one.Dispose();
            }
        }
    }
}
