using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Backups;

/// <summary>Connects to test clusters through the providers that the product loads, and backs them up.</summary>
internal static class LiveClusters
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static EtcdConnectionOptions Options(this EtcdTestCluster cluster) => new()
    {
        Endpoints = cluster.Endpoints,
        CACertificatePath = cluster.IsTls ? cluster.Certificates.AuthorityFile : null,
        CertificatePath = cluster.IsTls ? cluster.Certificates.Client.CertificateFile : null,
        CertificateKeyPath = cluster.IsTls ? cluster.Certificates.Client.KeyFile : null,
        UserName = cluster.RootPassword is null ? null : "root",
        Password = cluster.RootPassword,
    };

    public static Task<IEtcdCluster> OpenAsync(this EtcdConnectionOptions options) => ProviderLoader.Catalog.Etcd.ConnectAsync(options, Token);

    /// <summary>Backs up into the file, and collects what was decided.</summary>
    public static async Task<Outcome> BackUpAsync(
        this IEtcdCluster cluster, string path, SnapshotBackup? backup = null, Func<SnapshotBackupOptions, SnapshotBackupOptions>? with = null,
        IProgress<BackupProgress>? progress = null, CancellationToken? token = null)
    {
        var decisions = new Lines();
        var options = new SnapshotBackupOptions { Path = path, ClusterName = "prod" };
        try
        {
            var snapshot = await (backup ?? new SnapshotBackup()).RunAsync(cluster, with?.Invoke(options) ?? options, progress, decisions, token ?? Token);
            return new Outcome(snapshot, null, decisions.All);
        }
        catch (RecoveryException e)
        {
            return new Outcome(null, e, decisions.All);
        }
    }

    /// <summary>Connects, backs up, closes.</summary>
    public static async Task<Outcome> BackUpAsync(this EtcdConnectionOptions options, string path, Func<SnapshotBackupOptions, SnapshotBackupOptions>? with = null)
    {
        await using var cluster = await options.OpenAsync();
        return await cluster.BackUpAsync(path, with: with);
    }

    private sealed class Lines : IProgress<string>
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> All
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public void Report(string value)
        {
            lock (_lines)
            {
                _lines.Add(value);
            }
        }
    }
}

/// <summary>How a backup ended.</summary>
internal sealed record Outcome(EtcdSnapshot? Snapshot, RecoveryException? Error, IReadOnlyList<string> Decisions)
{
    public EtcdSnapshot Succeed() => Snapshot ?? throw new InvalidOperationException($"{Error}\n{string.Join('\n', Decisions)}", Error);

    public T FailsWith<T>()
        where T : RecoveryException
    {
        Assert.Null(Snapshot);
        Assert.False(string.IsNullOrWhiteSpace(Error!.RecommendedAction));
        return Assert.IsType<T>(Error);
    }
}

/// <summary>Reports on the calling thread, unlike <see cref="Progress{T}"/>.</summary>
internal sealed class Watch<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
