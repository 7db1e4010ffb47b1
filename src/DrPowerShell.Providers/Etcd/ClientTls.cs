using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;

namespace DrPowerShell.Providers.Etcd;

/// <summary>What this client brings to TLS handshakes: the authorities it trusts and the certificate it shows. Read once.</summary>
internal sealed class ClientTls : IDisposable
{
    private readonly SslStreamCertificateContext? _context;
    private readonly bool _ownsCertificate;

    private ClientTls(X509Certificate2Collection? authorities, X509Certificate2? certificate, X509Certificate2Collection? chain, bool owns)
    {
        Authorities = authorities;
        Certificate = certificate;
        _ownsCertificate = owns;

        // Offline: the intermediates come from the user's file, and a handshake must not go looking for others on the network.
        _context = certificate is null ? null : SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    /// <summary>The authorities that may have signed a server's certificate; null for the machine's own store.</summary>
    public X509Certificate2Collection? Authorities { get; }

    public X509Certificate2? Certificate { get; }

    public static ClientTls Load(EtcdConnectionOptions options)
    {
        var authorities = options.CACertificatePath is { } path ? PemFiles.ReadAuthorities(path) : null;
        if (options.Certificate is { } given)
        {
            if (!given.HasPrivateKey)
            {
                throw new EtcdCertificateIncompleteException(
                    given.Subject, $"The certificate object (subject {given.Subject}) has no private key");
            }

            RequireValidNow(given, given.Subject);
            return new ClientTls(authorities, given, chain: null, owns: false);
        }

        if (options.CertificatePath is not { } certificatePath)
        {
            return options.CertificateKeyPath is { } alone
                ? throw new EtcdCertificateIncompleteException(alone, $"The private key '{alone}' was given without its certificate")
                : new ClientTls(authorities, certificate: null, chain: null, owns: false);
        }

        var (certificate, chain) = PemFiles.ReadClientCertificate(certificatePath, options.CertificateKeyPath);
        RequireValidNow(certificate, certificatePath);
        return new ClientTls(authorities, certificate, chain, owns: true);
    }

    public SslClientAuthenticationOptions CreateOptions(ServerCertificateCheck check)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = check.Host,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            CertificateChainPolicy = check.Policy,
            RemoteCertificateValidationCallback = check.Validate,
        };
        if (_context is not null)
        {
            options.ClientCertificateContext = _context;
        }
        else
        {
            options.LocalCertificateSelectionCallback = check.NoteRequest;
        }

        return options;
    }

    public static EtcdCertificate Describe(X509Certificate2 certificate) =>
        new(certificate.Subject, certificate.Issuer, Utc(certificate.NotBefore), Utc(certificate.NotAfter));

    public void Dispose()
    {
        if (_ownsCertificate)
        {
            Certificate?.Dispose();
        }
    }

    private static void RequireValidNow(X509Certificate2 certificate, string subject)
    {
        // Said here because a server answers an expired certificate with an alert that does not always tell the reason.
        var described = Describe(certificate);
        var now = TimeProvider.System.GetUtcNow();
        if (now > described.NotAfter)
        {
            throw new EtcdClientCertificateExpiredException(subject, described);
        }

        if (now < described.NotBefore)
        {
            throw new EtcdClientCertificateNotYetValidException(subject, described);
        }
    }

    private static DateTimeOffset Utc(DateTime local) => new DateTimeOffset(local).ToUniversalTime();
}
