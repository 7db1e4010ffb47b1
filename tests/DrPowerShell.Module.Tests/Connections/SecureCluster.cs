using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Connections;

/// <summary>Three real members of etcd 3.5 behind mutual TLS, which no test may damage.</summary>
public sealed class SecureCluster : IAsyncLifetime
{
    public EtcdTestCluster Cluster { get; private set; } = null!;

    /// <summary>The parameters that open it, for splatting.</summary>
    internal System.Collections.Hashtable Connection => new(StringComparer.OrdinalIgnoreCase)
    {
        ["Endpoint"] = Cluster.Endpoints.Select(endpoint => endpoint.Authority).ToArray(),
        ["CACertificate"] = Cluster.Certificates.AuthorityFile,
        ["Certificate"] = Cluster.Certificates.Client.CertificateFile,
        ["CertificateKey"] = Cluster.Certificates.Client.KeyFile,
    };

    public async ValueTask InitializeAsync() =>
        Cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new() { Members = 3, Tls = true, PeerTls = true });

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class SecureClusterTests : ICollectionFixture<SecureCluster>
{
    public const string Name = "Secure cluster";
}
