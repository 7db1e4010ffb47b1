using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Configuration;

/// <summary>Makes connection options from a cluster of the estate.</summary>
internal static class ClusterAccess
{
    public static EtcdConnectionOptions Resolve(string name, ClusterSection section, ISecretSource secrets)
    {
        var options = new EtcdConnectionOptions
        {
            Name = name,
            Endpoints = section.Endpoints,
            CACertificatePath = section.CaCertificate,
            CertificatePath = section.Certificate,
            CertificateKeyPath = section.CertificateKey ?? section.Certificate,
            UserName = section.User,
            Password = section.Password is null ? null : secrets.Read(section.Password),
        };
        return section.Timeout is { } timeout ? options with { RequestTimeout = timeout } : options;
    }
}
