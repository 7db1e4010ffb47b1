using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Providers.Etcd;

/// <summary>
/// Judges the certificate that a server presents in one handshake, and keeps the verdict: a failed handshake itself says too little.
/// </summary>
internal sealed class ServerCertificateCheck
{
    private readonly Uri _endpoint;
    private readonly X509Certificate2Collection? _authorities;

    public ServerCertificateCheck(Uri endpoint, X509Certificate2Collection? authorities)
    {
        _endpoint = endpoint;
        _authorities = authorities;
        Policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (authorities is not null)
        {
            Policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            Policy.CustomTrustStore.AddRange(authorities);
        }
    }

    public string Host => _endpoint.IdnHost.Trim('[', ']');

    public X509ChainPolicy Policy { get; }

    /// <summary>Why the certificate was refused; null while it was not.</summary>
    public RecoveryException? Refusal { get; private set; }

    /// <summary>Whether the server asked for a client certificate; noted only where none was at hand.</summary>
    public bool AskedForCertificate { get; private set; }

    /// <summary>Whether the other side took part in a handshake at all: it speaks TLS.</summary>
    public bool PeerSpeaksTls { get; private set; }

    public X509Certificate NoteRequest(object sender, string host, X509CertificateCollection mine, X509Certificate? server, string[] issuers)
    {
        // The first call, before the handshake, knows neither the server nor its authorities; the second is the server's own request.
        AskedForCertificate |= server is not null || issuers.Length > 0;
        PeerSpeaksTls |= AskedForCertificate;
        return null!;
    }

    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        PeerSpeaksTls = true;
        Refusal = certificate is X509Certificate2 server
            ? Judge(server, chain, errors)
            : new EtcdTlsHandshakeFailedException(_endpoint, "the server presented no certificate");
        return Refusal is null;
    }

    private RecoveryException? Judge(X509Certificate2 server, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && chain is not null && JudgeChain(server, chain) is { } refusal)
        {
            return refusal;
        }

        return errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? new EtcdServerCertificateNameMismatchException(_endpoint, ClientTls.Describe(server), Names(server))
            : null;
    }

    private RecoveryException? JudgeChain(X509Certificate2 server, X509Chain chain)
    {
        var all = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (flags, status) => flags | status.Status);

        // Go, and so etcdctl, takes any certificate of the CA file as an anchor, also one that another authority signed.
        if (all.HasFlag(X509ChainStatusFlags.PartialChain) && EndsAtAnAuthority(chain))
        {
            all &= ~X509ChainStatusFlags.PartialChain;
        }

        if ((all & ~X509ChainStatusFlags.NotTimeValid) != X509ChainStatusFlags.NoError)
        {
            return new EtcdServerCertificateNotTrustedException(_endpoint, ClientTls.Describe(server), Reason(all));
        }

        if (all == X509ChainStatusFlags.NoError)
        {
            return null;
        }

        var late = chain.ChainElements.First(e => e.ChainElementStatus.Any(s => s.Status.HasFlag(X509ChainStatusFlags.NotTimeValid)));
        var described = ClientTls.Describe(late.Certificate);
        return described.NotBefore > TimeProvider.System.GetUtcNow()
            ? new EtcdServerCertificateNotYetValidException(_endpoint, described)
            : new EtcdServerCertificateExpiredException(_endpoint, described);
    }

    private bool EndsAtAnAuthority(X509Chain chain)
    {
        var last = chain.ChainElements[^1].Certificate.RawDataMemory;
        return _authorities?.Any(a => a.RawDataMemory.Span.SequenceEqual(last.Span)) == true;
    }

    private string Reason(X509ChainStatusFlags flags) => flags switch
    {
        _ when flags.HasFlag(X509ChainStatusFlags.NotSignatureValid) => "a signature in its chain is wrong",
        _ when flags.HasFlag(X509ChainStatusFlags.NotValidForUsage) => "it is not made for a server",
        _ when _authorities is null => "this machine does not know the authority that signed it",
        _ when (flags & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot)) != X509ChainStatusFlags.NoError =>
            $"none of the {_authorities.Count} certificates in the CA file signed it",
        _ => flags.ToString(),
    };

    private static string Names(X509Certificate2 server)
    {
        var names = server.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString())))
            .Take(8)
            .ToArray();
        return names.Length > 0 ? string.Join(", ", names) : "no host";
    }
}
