using System.Collections.Concurrent;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Core.Services;
using DrPowerShell.Core.Tests.Restores;

namespace DrPowerShell.Providers.Tests.Restores;

/// <summary>The world of a rig whose hosts count as gone sooner.</summary>
internal sealed class HastyWorld(RestoreRig rig, TimeSpan patience) : IRestoreWorld, IAsyncDisposable
{
    private readonly RestoreWorld inner = rig.World();
    private readonly ConcurrentDictionary<string, Lazy<IHost>> hosts = new(StringComparer.Ordinal);

    public IEtcdConnector Etcd => inner.Etcd;

    public string? BreakLock => inner.BreakLock;

    public IHost Host(string name) =>
        hosts.GetOrAdd(name, key => new Lazy<IHost>(() => ProviderLoader.Catalog.Ssh.Open(rig.Estate().Host(key, new SecretReader(null)) with { Timeout = patience }))).Value;

    public IService Service(ServiceOptions options) => ServiceFactory.Open(options, Host(options.Host));

    public EtcdConnectionOptions Connection(string cluster) => inner.Connection(cluster);

    public string WorkFolder(string run) => inner.WorkFolder(run);

    public string KeepFolder(string run) => inner.KeepFolder(run);

    public RunbookStep? Approval(RestorePlan plan) => inner.Approval(plan);

    public IReadOnlyList<RunbookStep> Checks(RestorePlan plan) => inner.Checks(plan);

    public RepositoryOptions Repository(string name) => inner.Repository(name);

    public Task FetchAsync(string repository, string backup, string path, IProgress<long>? progress, CancellationToken cancellationToken) =>
        inner.FetchAsync(repository, backup, path, progress, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts.Values.Where(host => host.IsValueCreated))
        {
            await host.Value.DisposeAsync();
        }
    }
}
