using System.Reflection;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Services;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>The world of a restore whose machines count as remote, and can vanish and come back.</summary>
internal sealed class FaultyWorld(RestoreWorld inner) : IRestoreWorld, IAsyncDisposable
{
    /// <summary>The hosts that do not answer.</summary>
    public HashSet<string> Vanished { get; } = [];

    /// <summary>What goes wrong when a host, by its name, is asked for something, by the method's name and its arguments; null for nothing.</summary>
    public Func<string, string, object?[], Exception?> Fault { get; init; } = (_, _, _) => null;

    /// <summary>What stands between the run and the cluster.</summary>
    public Func<IEtcdCluster, IEtcdCluster>? Between { get; init; }

    public IEtcdConnector Etcd => Between is null ? inner.Etcd : new Connector(inner.Etcd, Between);

    public string? BreakLock => inner.BreakLock;

    public IHost Host(string name)
    {
        var host = DispatchProxy.Create<IHost, Machine>();
        ((Machine)(object)host).Of(inner.Host(name), this);
        return host;
    }

    public IService Service(ServiceOptions options) => ServiceFactory.Open(options, Host(options.Host));

    public EtcdConnectionOptions Connection(string cluster) => inner.Connection(cluster);

    public string WorkFolder(string run) => inner.WorkFolder(run);

    public string KeepFolder(string run) => inner.KeepFolder(run);

    public RunbookStep? Approval(RestorePlan plan) => inner.Approval(plan);

    public IReadOnlyList<RunbookStep> Checks(RestorePlan plan) => inner.Checks(plan);

    public RepositoryOptions Repository(string name) => inner.Repository(name);

    public Task FetchAsync(string repository, string backup, string path, IProgress<long>? progress, CancellationToken cancellationToken) =>
        inner.FetchAsync(repository, backup, path, progress, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class Connector(IEtcdConnector inner, Func<IEtcdCluster, IEtcdCluster> between) : IEtcdConnector
    {
        public async Task<IEtcdCluster> ConnectAsync(EtcdConnectionOptions options, CancellationToken cancellationToken) =>
            between(await inner.ConnectAsync(options, cancellationToken));
    }

    /// <summary>A machine behind which nothing answers once it has vanished.</summary>
#pragma warning disable CA1852 // The proxy is a subclass that is made at run time.
    public class Machine : DispatchProxy
#pragma warning restore CA1852
    {
        private IHost? _inner;
        private FaultyWorld? _world;

        internal void Of(IHost inner, FaultyWorld world) => (_inner, _world) = (inner, world);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == "get_IsLocal")
            {
                return false;
            }

            if (_world!.Vanished.Contains(_inner!.Name) && !targetMethod.IsSpecialName)
            {
                throw new HostUnreachableException(_inner.Name, "it has vanished.");
            }

            if (_world.Fault(_inner.Name, targetMethod.Name, args ?? []) is { } fault)
            {
                throw fault;
            }

            try
            {
                return targetMethod.Invoke(_inner, args);
            }
            catch (TargetInvocationException e) when (e.InnerException is not null)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException);
                throw;
            }
        }
    }
}
