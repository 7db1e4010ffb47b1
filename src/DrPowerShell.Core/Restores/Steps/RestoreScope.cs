using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Services;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>What the steps of a restore share: the plan, and the ways to reach what it names.</summary>
public sealed class RestoreScope(RestorePlan plan, IRestoreWorld world)
{
    public RestorePlan Plan { get; } = plan;

    public IRestoreWorld World { get; } = world;

    public IHost Host(RestoreMember member) => World.Host(member.Host);

    public IService Service(RestoreMember member) => World.Service(member.Service);

    /// <summary>How the cluster is reached through its members' own URLs.</summary>
    public EtcdConnectionOptions Connection(params RestoreMember[] members) => World.Connection(Plan.Cluster) with
    {
        Endpoints = [.. (members.Length > 0 ? members : [.. Plan.Members]).SelectMany(member => member.ClientUrls)],
    };

    public Task<IEtcdCluster> ConnectAsync(CancellationToken cancellationToken, params RestoreMember[] members) =>
        World.Etcd.ConnectAsync(Connection(members), cancellationToken);

    /// <summary>The cluster's token in a run.</summary>
    public string Token(StepContext context) => Plan.Token ?? context.Run;
}

/// <summary>What a restore reaches the outside through. Thread safe.</summary>
public interface IRestoreWorld
{
    IEtcdConnector Etcd { get; }

    /// <summary>A machine of the estate; the same object each time.</summary>
    IHost Host(string name);

    /// <summary>A service on a machine of the estate.</summary>
    IService Service(ServiceOptions options);

    /// <summary>How a cluster of the estate is reached.</summary>
    EtcdConnectionOptions Connection(string cluster);

    /// <summary>A folder of this machine for what is built in a run and removed at its end; for this user alone.</summary>
    string WorkFolder(string run);

    /// <summary>A folder of this machine for what a run keeps, such as the last snapshot; for this user alone.</summary>
    string KeepFolder(string run);

    /// <summary>The step that has the plan approved; null where the estate asks for none.</summary>
    RunbookStep? Approval(RestorePlan plan);

    /// <summary>The steps that verify the business.</summary>
    IReadOnlyList<RunbookStep> Checks(RestorePlan plan);

    /// <summary>The run whose locks may be taken over; null for none.</summary>
    string? BreakLock { get; }

    /// <summary>A repository of the estate, with all that opens it.</summary>
    RepositoryOptions Repository(string name);

    /// <summary>Puts a backup's plain snapshot into a file: fetched, unwrapped and checked.</summary>
    Task FetchAsync(string repository, string backup, string path, IProgress<long>? progress, CancellationToken cancellationToken);
}
