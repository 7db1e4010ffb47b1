using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DrPowerShell.Testing.Etcd;

/// <summary>A one-time authority with the certificates that a cluster and its clients need, and those that they must refuse.</summary>
public sealed class TestCertificates
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly string folder;
    private readonly Authority authority;
    private readonly Authority otherAuthority;

    /// <summary>Makes everything in the folder, which must exist.</summary>
    public TestCertificates(string folder)
    {
        this.folder = folder;
        authority = new Authority(folder, "ca");
        otherAuthority = new Authority(folder, "other-ca");
        Server = Issue("server", Now.AddDays(-1), Now.AddDays(20));
        Client = Issue("client", Now.AddDays(-1), Now.AddDays(20));
        GatewayClient = Issue("gateway", Now.AddDays(-1), Now.AddDays(20), withCommonName: false);
        ExpiredServer = Issue("expired-server", Now.AddDays(-20), Now.AddHours(-1));
        ExpiredClient = Issue("expired-client", Now.AddDays(-20), Now.AddHours(-1));
        OtherClient = Issue("other-client", Now.AddDays(-1), Now.AddDays(20), byOtherAuthority: true);
    }

    /// <summary>The PEM file of the authority that signed <see cref="Server"/> and <see cref="Client"/>.</summary>
    public string AuthorityFile => authority.File;

    /// <summary>The PEM file of an authority that the cluster does not know.</summary>
    public string OtherAuthorityFile => otherAuthority.File;

    public CertificatePair Server { get; }

    public CertificatePair Client { get; }

    /// <summary>A client certificate without a common name: where authentication is on, etcd's JSON gateway takes no other.</summary>
    public CertificatePair GatewayClient { get; }

    public CertificatePair ExpiredServer { get; }

    public CertificatePair ExpiredClient { get; }

    /// <summary>A client certificate that the other authority signed.</summary>
    public CertificatePair OtherClient { get; }

    /// <summary>Signs a further certificate for localhost and the loopback addresses, good for servers and clients.</summary>
    public CertificatePair Issue(string name, DateTimeOffset notBefore, DateTimeOffset notAfter, bool byOtherAuthority = false, bool withCommonName = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"{(withCommonName ? "CN" : "O")}=dr-{name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        // etcd's own gateway dials the server with the server's certificate: each is good for both sides.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication, ClientAuthentication], critical: false));
        using var certificate = (byOtherAuthority ? otherAuthority : authority).Sign(request, notBefore, notAfter);
        var pair = new CertificatePair(Path.Combine(folder, name + ".crt"), Path.Combine(folder, name + ".key"));
        File.WriteAllText(pair.CertificateFile, certificate.ExportCertificatePem() + "\n");
        File.WriteAllText(pair.KeyFile, key.ExportPkcs8PrivateKeyPem() + "\n");
        return pair;
    }

    private sealed class Authority
    {
        private readonly X509Certificate2 certificate;

        public Authority(string folder, string name)
        {
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN=dr-{name}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
            certificate = request.CreateSelfSigned(Now.AddDays(-30), Now.AddDays(30));
            File = Path.Combine(folder, name + ".crt");
            System.IO.File.WriteAllText(File, certificate.ExportCertificatePem() + "\n");
        }

        public string File { get; }

        public X509Certificate2 Sign(CertificateRequest request, DateTimeOffset notBefore, DateTimeOffset notAfter) =>
            request.Create(certificate, notBefore, notAfter, RandomNumberGenerator.GetBytes(8));
    }
}
