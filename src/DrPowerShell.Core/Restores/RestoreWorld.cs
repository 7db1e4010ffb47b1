using System.Collections.Concurrent;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Core.Services;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Restores;

/// <summary>The outside world of one cluster of an estate, as a restore reaches it. Its secrets are read at once; connections open when they are needed.</summary>
public sealed class RestoreWorld : IRestoreWorld, IAsyncDisposable
{
    private readonly string _cluster;
    private readonly EtcdConnectionOptions _connection;
    private readonly Dictionary<string, HostOptions> _options = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (RepositoryOptions Options, DecryptionKeys Keys)> _repositories = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<IHost>> _hosts = new(StringComparer.Ordinal);
    private readonly RestoreWorldOptions _how;

    /// <summary>Reads the secrets of what a restore of the cluster needs: to be called where vaults may be asked.</summary>
    /// <exception cref="Clusters.Errors.ClusterNotFoundException">The estate names no such cluster.</exception>
    public RestoreWorld(Estate estate, string cluster, ISecretSource secrets, RestoreWorldOptions how)
    {
        (_cluster, _how) = (cluster, how);
        secrets = new NotedSecrets(secrets, how.Redactor);
        foreach (var key in how.Keys.Identities.Append(how.Keys.Passphrase))
        {
            how.Redactor.Add(key);
        }

        _connection = estate.Cluster(cluster, secrets);
        var section = estate.Clusters[cluster];
        var names = section.Members.Values.Select(member => member.Host)
            .Concat(section.Writers.Concat(section.Restarts).SelectMany(service => service.Hosts))
            .Concat(section.Hosts).Concat(how.OtherHosts);
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            _options[name] = estate.Host(name, secrets);
        }

        foreach (var name in new[] { section.Repository, how.Repository }.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            var keys = estate.DecryptionKeys(name, secrets);
            _repositories[name] = (estate.Repository(name, secrets), how.Keys.Identities.Count > 0 || how.Keys.Passphrase is not null ? how.Keys : keys);
        }
    }

    public IEtcdConnector Etcd => ProviderLoader.Catalog.Etcd;

    public string? BreakLock => _how.BreakLock;

    public IHost Host(string name) => _options.TryGetValue(name, out var options)
        ? _hosts.GetOrAdd(name, _ => new Lazy<IHost>(() => Open(options))).Value
        : throw new HostNotFoundException(name, _options.Keys);

    public IService Service(ServiceOptions options) => ServiceFactory.Open(options, Host(options.Host));

    public EtcdConnectionOptions Connection(string cluster) => cluster == _cluster ? _connection : throw new Clusters.Errors.ClusterNotFoundException(cluster, [_cluster]);

    public RepositoryOptions Repository(string name) =>
        _repositories.TryGetValue(name, out var found) ? found.Options : throw new Repositories.Errors.RepositoryNotFoundException(name, [.. _repositories.Keys]);

    public string WorkFolder(string run) => Private(Path.Combine(_how.WorkDirectory ?? Path.GetTempPath(), "drpowershell-" + run));

    public string KeepFolder(string run) => Private(Path.Combine(_how.KeepDirectory, run));

    public async Task FetchAsync(string repository, string backup, string path, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var (options, keys) = _repositories.TryGetValue(repository, out var found) ? found : throw new Repositories.Errors.RepositoryNotFoundException(repository, [.. _repositories.Keys]);
        var opened = await SnapshotRepository.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using var end = opened.ConfigureAwait(false);
        var stored = await opened.GetAsync(BackupId.Parse(backup), cancellationToken).ConfigureAwait(false);
        var reader = new StoredSnapshotReader(opened, stored);
        reader.RequireTrust();
        await reader.SaveAsync(path, keys, progress, cancellationToken).ConfigureAwait(false);
    }

    public RunbookStep? Approval(RestorePlan plan) => _how.Approval?.Invoke(plan);

    public IReadOnlyList<RunbookStep> Checks(RestorePlan plan) => CheckSteps.Of(plan, this, _how.Checks);

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.Values.Where(host => host.IsValueCreated))
        {
            await host.Value.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static IHost Open(HostOptions options) => options.Kind == HostKind.Local ? new LocalHost(options) : ProviderLoader.Catalog.Ssh.Open(options);

    private static string Private(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        // Its name can be guessed, and where it lies others may write: what is restored must not be theirs.
        if (new DirectoryInfo(path).LinkTarget is not null || (FileFacts.Of(path).Owner is { } owner && owner != FileFacts.CurrentUser))
        {
            throw new WorkFolderNotOwnException(path);
        }

        return path;
    }
}

/// <summary>How a restore reaches the outside, beyond what the estate says.</summary>
public sealed record RestoreWorldOptions
{
    /// <summary>A folder with room for the data directories of all remote members; null for the folder for temporary files.</summary>
    public string? WorkDirectory { get; init; }

    /// <summary>The folder of all runs: what a run keeps lies in a folder of its own in it.</summary>
    public required string KeepDirectory { get; init; }

    /// <summary>Another repository that is named, besides the cluster's own.</summary>
    public string? Repository { get; init; }

    /// <summary>Hosts that checks run on (<see cref="CheckSteps.Hosts"/>).</summary>
    public IReadOnlyList<string> OtherHosts { get; init; } = [];

    /// <summary>What opens encrypted backups; none for what the estate refers to.</summary>
    public DecryptionKeys Keys { get; init; } = DecryptionKeys.None;

    /// <summary>Is told every secret that is read: the run's journal is written through the same one.</summary>
    public Redactor Redactor { get; init; } = new();

    /// <summary>A run whose locks may be taken over.</summary>
    public string? BreakLock { get; init; }

    /// <summary>Makes the step that has a plan approved; null for none.</summary>
    public Func<RestorePlan, RunbookStep?>? Approval { get; init; }

    /// <summary>What the plan's business checks need besides the plan.</summary>
    public CheckTools Checks { get; init; } = CheckTools.None;
}
