using DrPowerShell.Testing.Etcd;

[assembly: Xunit.AssemblyFixture(typeof(DrPowerShell.Providers.Tests.Etcd.SharedClusters))]

namespace DrPowerShell.Providers.Tests.Etcd;

/// <summary>Clusters of one member for tests that leave them as they found them, each kind started once.</summary>
public sealed class SharedClusters : IAsyncDisposable
{
    private readonly Dictionary<(string Release, bool Tls, bool User), Task<EtcdTestCluster>> _started = [];

    public Task<EtcdTestCluster> GetAsync(EtcdRelease release, bool tls = false, bool user = false)
    {
        lock (_started)
        {
            var kind = (release.Name, tls, user);
            return _started.TryGetValue(kind, out var cluster)
                ? cluster
                : _started[kind] = EtcdTestCluster.StartAsync(release, new EtcdClusterOptions { Tls = tls, EnableAuth = user });
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var cluster in _started.Values)
        {
            await (await cluster).DisposeAsync();
        }
    }
}
