using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DrPowerShell.Core.Notifications.Errors;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Notifications;

/// <summary>Posts notices to a URL. The URL may be a secret: nothing that this says holds it.</summary>
internal sealed class WebhookNotifier(NotifierOptions options) : INotifier
{
    private const int FirstServerError = 500;

    public NotifierOptions Options => options;

    public async Task SendAsync(Notice notice, CancellationToken cancellationToken)
    {
        // A redirection would carry the headers' secrets to wherever it points.
        using var authorities = Authorities();
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        if (authorities is not null)
        {
            handler.SslOptions.CertificateChainPolicy = authorities.Policy;
        }

        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Url) { Content = new StringContent(NoticeBody.Of(notice, options.Format), Encoding.UTF8, "application/json") };
        foreach (var (name, value) in options.Headers)
        {
            if (value.AsSpan().IndexOfAny('\r', '\n') >= 0 || !request.Headers.TryAddWithoutValidation(name, value))
            {
                throw new NotifierNotUsableException(options.Name, $"'{name}' is no header that can be sent, or its value has a line break.");
            }
        }

        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            Judge(response.StatusCode);
        }
        catch (HttpRequestException e)
        {
            throw new NotifierNotReachedException(options.Name, NoticeReason.Of(e), e);
        }
    }

    // What it answers beside the status may hold anything, and is not read.
    private void Judge(HttpStatusCode status)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"status {(int)status}.");
        switch ((int)status)
        {
            case >= 200 and < 300:
                return;
            case >= FirstServerError or (int)HttpStatusCode.RequestTimeout or (int)HttpStatusCode.TooManyRequests:
                throw new NotifierNotReachedException(options.Name, text);
            default:
                throw new NotifierRefusedException(options.Name, text);
        }
    }

    private TrustedAuthorities? Authorities()
    {
        try
        {
            return options.CaCertificatePath is { } path ? new TrustedAuthorities(path) : null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new NotifierNotUsableException(options.Name, $"its caCertificate cannot be read: {NoticeReason.Of(e)}", e);
        }
    }

    /// <summary>The authorities of a PEM file, and no others.</summary>
    private sealed class TrustedAuthorities : IDisposable
    {
        private readonly X509Certificate2Collection _certificates = [];

        public TrustedAuthorities(string path)
        {
            _certificates.ImportFromPemFile(path);
            Policy.CustomTrustStore.AddRange(_certificates);
        }

        public X509ChainPolicy Policy { get; } = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };

        public void Dispose()
        {
            foreach (var one in _certificates)
            {
                one.Dispose();
            }
        }
    }
}
