using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The server's certificate does not name the host of the endpoint.</summary>
public sealed class EtcdServerCertificateNameMismatchException : EtcdEndpointException
{
    public EtcdServerCertificateNameMismatchException(Uri endpoint, EtcdCertificate certificate, string names)
        : base(
              FailureKind.Security,
              endpoint,
              $"The certificate of {Show(endpoint)} (subject {certificate.Subject}) is not made out to {endpoint.Host}; it names {names}.",
              "Use one of the names that the certificate carries in -Endpoint, or issue a certificate that has this one among its " +
              "subject alternative names.")
    {
        Certificate = certificate;
    }

    /// <summary>The certificate that the server presented.</summary>
    public EtcdCertificate Certificate { get; }
}
