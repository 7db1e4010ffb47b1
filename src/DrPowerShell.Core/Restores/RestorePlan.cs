using System.Text.Json.Serialization;
using System.Text.Json;
using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Services;

namespace DrPowerShell.Core.Restores;

/// <summary>Where the data of a restore comes from, the best first.</summary>
public enum RestoreSourceKind
{
    /// <summary>A snapshot of a member that still answers: taken when nothing writes any more.</summary>
    Survivor,

    /// <summary>The member/snap/db of a stopped member.</summary>
    StoppedMember,

    /// <summary>A backup in a repository.</summary>
    Backup,

    /// <summary>A snapshot file.</summary>
    File,
}

/// <summary>The source that was chosen.</summary>
public sealed record RestoreSource
{
    public required RestoreSourceKind Kind { get; init; }

    /// <summary>The member that it comes from; null for backups and files.</summary>
    public string? Member { get; init; }

    /// <summary>The repository, by the estate's name.</summary>
    public string? Repository { get; init; }

    /// <summary>The backup's id, or the file's path.</summary>
    public string? Name { get; init; }

    /// <summary>The SHA-256 of the plain snapshot, in lowercase hex; null while it is not taken.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Its main revision, as far as it is known; of a survivor, at the time of the assessment.</summary>
    public long Revision { get; init; }

    /// <summary>The moment up to which it holds all that was written, UTC; null for what is yet to be taken.</summary>
    public DateTimeOffset? Taken { get; init; }

    /// <summary>Its length in bytes, plain.</summary>
    public long Size { get; init; }

    public override string ToString() => Kind switch
    {
        RestoreSourceKind.Survivor => $"a snapshot of {Member}, which still answers",
        RestoreSourceKind.StoppedMember => $"the database of {Member}, which is stopped",
        _ => Name ?? "",
    };
}

/// <summary>One member of the cluster as it is to be.</summary>
public sealed record RestoreMember
{
    public required string Name { get; init; }

    /// <summary>The estate's name for its machine.</summary>
    public required string Host { get; init; }

    /// <summary>Its data directory on that machine.</summary>
    public required string DataDirectory { get; init; }

    public required IReadOnlyList<Uri> PeerUrls { get; init; }

    public required IReadOnlyList<Uri> ClientUrls { get; init; }

    public required ServiceOptions Service { get; init; }

    /// <summary>Owner, group, mode and label that the data directory is to have.</summary>
    public required HostFileAttributes Attributes { get; init; }

    /// <summary>Whether the data directory is itself a mount point: then member inside it is exchanged.</summary>
    public bool IsMountPoint { get; init; }

    /// <summary>Whether the data directory is there and holds a member.</summary>
    public bool HasData { get; init; }

    /// <summary>etcd's configuration file, as the estate names it.</summary>
    public string? Configuration { get; init; }

    /// <summary>What is exchanged: the data directory, or member inside it.</summary>
    public string Exchanged => IsMountPoint ? DataDirectory.TrimEnd('/') + "/member" : DataDirectory.TrimEnd('/');

    /// <summary>Where the old data is parked by a run.</summary>
    public string Parked(string run) => $"{Exchanged}.parked-{run}";

    /// <summary>Where the new data directory lies until it is moved in; on the same file system.</summary>
    public string Staged(string run) => IsMountPoint ? $"{DataDirectory.TrimEnd('/')}/.restoring-{run}" : $"{Exchanged}.restoring-{run}";

    /// <summary>The new data inside <see cref="Staged"/> that is moved in.</summary>
    public string Arriving(string run) => IsMountPoint ? Staged(run) + "/member" : Staged(run);

    /// <summary>The file that keeps other runs away from this member.</summary>
    public string LockFile => $"{Parent}/.{DataDirectory.TrimEnd('/').Split('/')[^1]}.drpowershell-lock";

    /// <summary>Whether the same service on the same machine runs the other one.</summary>
    public bool IsSameService(RestoreMember other) =>
        Host == other.Host && Service.Kind == other.Service.Kind && Service.Name == other.Service.Name && Service.Manifest == other.Service.Manifest;

    /// <summary>Whether the other one has its data in the same place.</summary>
    public bool IsSamePlace(RestoreMember other) => Host == other.Host && DataDirectory.TrimEnd('/') == other.DataDirectory.TrimEnd('/');

    private string Parent => ParentOf(DataDirectory.TrimEnd('/')).TrimEnd('/');

    /// <summary>The folder that a path lies in; / for what lies directly below it.</summary>
    internal static string ParentOf(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";
}

/// <summary>A restore of a whole cluster, resolved: from it the same steps are made on any machine. Holds no secret.</summary>
public sealed record RestorePlan
{
    public const string RunbookKind = "restore";

    public string Schema { get; init; } = "drpowershell/restore-plan/1";

    /// <summary>The estate's name for the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>All members of the cluster as it is to be, in the order of their names.</summary>
    public required IReadOnlyList<RestoreMember> Members { get; init; }

    /// <summary>The members of the cluster as it was, where it is to have others; empty where it keeps its members.</summary>
    public IReadOnlyList<RestoreMember> Former { get; init; } = [];

    /// <summary>The members of the cluster as it was.</summary>
    [JsonIgnore]
    public IReadOnlyList<RestoreMember> Old => Former.Count > 0 ? Former : Members;

    /// <summary>Members of the cluster as it was that none of the new ones takes the place of: they are stopped, and must never come up again.</summary>
    [JsonIgnore]
    public IReadOnlyList<RestoreMember> Retired => [.. Former.Where(old => !Members.Any(old.IsSameService))];

    /// <summary>The one member that is replaced in a living cluster; null for a restore of all.</summary>
    public string? ReplacedMember { get; init; }

    /// <summary>Where the data comes from; null where one member is replaced.</summary>
    public RestoreSource? Source { get; init; }

    /// <summary>The member that a last snapshot is taken of; null where none answers.</summary>
    public string? ProtectFrom { get; init; }

    /// <summary>The cluster's token; null for the run's id.</summary>
    public string? Token { get; init; }

    /// <summary>How far the revision is raised: a number, or Auto.</summary>
    public string BumpRevision { get; init; } = "Auto";

    /// <summary>The newest revision that clients may have seen; null where nothing tells.</summary>
    public long? NewestRevision { get; init; }

    /// <summary>The etcd that will run on it, major.minor; null where it could not be told.</summary>
    public string? TargetVersion { get; init; }

    /// <summary>What is stopped before and started after.</summary>
    public IReadOnlyList<ServiceOptions> Writers { get; init; } = [];

    /// <summary>What is restarted after.</summary>
    public IReadOnlyList<ServiceOptions> Restarts { get; init; } = [];

    /// <summary>The largest loss that was accepted by name; null where none was.</summary>
    public TimeSpan? AcceptedLoss { get; init; }

    /// <summary>What is lost by the measure of the assessment; null where it could not be measured.</summary>
    public TimeSpan? MeasuredLoss { get; init; }

    /// <summary>How each machine is reached, by the estate's name for it: what it was when the plan was approved. Holds no secret.</summary>
    public IReadOnlyDictionary<string, string> Machines { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The business checks of the plan, as they are written there.</summary>
    public JsonElement? Checks { get; init; }

    /// <summary>The repository that keeps the journal; null for none.</summary>
    public string? Repository { get; init; }

    /// <summary>How long the cluster may be gone.</summary>
    public TimeSpan? Rto { get; init; }

    /// <summary>How much may be lost.</summary>
    public TimeSpan? Rpo { get; init; }

    /// <summary>When the outage began; null where nobody said.</summary>
    public DateTimeOffset? OutageStart { get; init; }

    /// <summary>What the assessment found and a reader must know.</summary>
    public IReadOnlyList<RecoveryFinding> Findings { get; init; } = [];

    /// <summary>etcd's --initial-cluster for it.</summary>
    public string InitialCluster => string.Join(',', Members.SelectMany(member => member.PeerUrls.Select(url => $"{member.Name}={Trimmed(url)}")));

    /// <summary>What approvers agree to: the plan without times of its making and without what changes from one look to the next.</summary>
    public RestorePlan Approved() => this with
    {
        OutageStart = null,
        MeasuredLoss = null,
        NewestRevision = null,
        Findings = [],
        Source = Source is { Kind: RestoreSourceKind.Survivor or RestoreSourceKind.StoppedMember } living
            ? living with { Revision = 0, Size = 0, Sha256 = null, Taken = null }
            // Of a file the time is that of its last copy; its SHA-256 says what it holds.
            : Source is { Kind: RestoreSourceKind.File } file ? file with { Taken = null } : Source,
        Members = [.. Members.Select(member => member with { HasData = false })],
        Former = [.. Former.Select(member => member with { HasData = false })],
    };

    /// <summary>The plan with what the estate says of its machines.</summary>
    public RestorePlan On(Estate estate)
    {
        var machines = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in Members.Concat(Former).Select(member => member.Host).Concat(Writers.Concat(Restarts).Select(service => service.Host)).Concat(CheckSteps.Hosts(CheckJson.Read(Checks))))
        {
            if (estate.Hosts.TryGetValue(name, out var host))
            {
                machines[name] = host.Type == HostKind.Local
                    ? $"local{(host.Sudo ? " sudo" : "")}"
                    : string.Join(' ', host.Jump.Select(jump => $"via {jump.Host}").Prepend($"{host.User}@{host.Address ?? name}:{host.Port}{(host.Sudo ? " sudo" : "")}"));
            }
        }

        return this with { Machines = machines };
    }

    public RestoreMember Member(string name) => Members.First(member => member.Name == name);

    /// <summary>A member of the cluster as it was.</summary>
    public RestoreMember OldMember(string name) => Old.First(member => member.Name == name);

    internal static string Trimmed(Uri url) => url.ToString().TrimEnd('/');
}
