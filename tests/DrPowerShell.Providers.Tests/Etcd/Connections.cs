using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Testing.Etcd;

namespace DrPowerShell.Providers.Tests.Etcd;

/// <summary>Connects to test clusters as the product does, with whatever they ask for.</summary>
internal static class Connections
{
    /// <summary>The right options for a cluster: every endpoint, its certificates, its user.</summary>
    public static EtcdConnectionOptions Options(this EtcdTestCluster cluster) => new()
    {
        Endpoints = cluster.Endpoints,
        CACertificatePath = cluster.IsTls ? cluster.Certificates.AuthorityFile : null,
        CertificatePath = cluster.IsTls ? cluster.Certificates.Client.CertificateFile : null,
        CertificateKeyPath = cluster.IsTls ? cluster.Certificates.Client.KeyFile : null,
        UserName = cluster.RootPassword is null ? null : "root",
        Password = cluster.RootPassword,
    };

    public static Task<IEtcdCluster> ConnectAsync(this EtcdTestCluster cluster) => OpenAsync(cluster.Options());

    public static Task<IEtcdCluster> OpenAsync(EtcdConnectionOptions options, CancellationToken cancellationToken = default) =>
        new ProviderCatalog().Etcd.ConnectAsync(options, cancellationToken);

    public static Task<EtcdPutResult> PutAsync(this IEtcdCluster cluster, string key, string value, CancellationToken cancellationToken = default) =>
        cluster.PutAsync(new EtcdPutRequest(EtcdText.Parse(key), EtcdText.Parse(value)), cancellationToken);

    public static Task<EtcdRangePage> GetAsync(this IEtcdCluster cluster, string key, CancellationToken cancellationToken = default) =>
        cluster.RangeAsync(new EtcdRangeRequest(EtcdKeyRange.Single(key)), cancellationToken);

    /// <summary>Reads a whole snapshot into memory.</summary>
    public static async Task<byte[]> ReadWholeSnapshotAsync(this IEtcdCluster cluster, Uri endpoint, CancellationToken cancellationToken = default)
    {
        using var whole = new MemoryStream();
        await foreach (var piece in cluster.ReadSnapshotAsync(endpoint, cancellationToken))
        {
            whole.Write(piece.Blob.Span);
        }

        return whole.ToArray();
    }
}
