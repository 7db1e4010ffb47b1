using System.Globalization;
using System.Management.Automation;
using System.Security;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Restores.Plans;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Restores;

/// <summary>The base of cmdlets that plan the restore of a cluster of the estate: what is restored, from what, and what may be lost.</summary>
public abstract class RestoreClusterCmdlet : DrCmdlet
{
    private protected const string ByCluster = "Cluster";
    private protected const string ByPlan = "Plan";

    private EstateSession? _session;
    private RestorePlanDocument? _document;
    private bool _isAsked;
    private SnapshotReference? _asked;

    /// <summary>
    /// A restore plan: a YAML file that names the cluster, what is restored, what may be lost, and the business checks that must pass. What is given
    /// besides it wins over it.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = ByPlan)]
    [ValidateNotNullOrEmpty]
    public string? Plan { get; set; }

    /// <summary>
    /// The snapshot to restore: what Get-EtcdSnapshot or Backup-EtcdSnapshot returned, or a file. Without it the source with the smallest loss
    /// is taken: a member that still answers, the database of a stopped member, the newest verified backup.
    /// </summary>
    [Parameter(ValueFromPipeline = true)]
    [SnapshotPathTransform]
    [ValidateNotNull]
    public SnapshotReference? Snapshot { get; set; }

    /// <summary>The one member to replace while the others serve; without it the whole cluster is restored.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(MemberNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Member { get; set; }

    /// <summary>The repository that the newest verified backup is looked for in, and that keeps the journal: a name from the estate. The default is the cluster's own.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Repository { get; set; }

    /// <summary>The largest loss that is accepted, such as 2h05m: needed where a better source exists than the one that was named, or where the cluster still serves.</summary>
    [Parameter]
    [DurationTransform]
    public TimeSpan? AcceptDataLoss { get; set; }

    /// <summary>When the outage began: loss and RTO count from it. Without it the RTO counts from the run's start, and the report says so.</summary>
    [Parameter]
    public DateTimeOffset? OutageStart { get; set; }

    /// <summary>
    /// Raise the revision by so many, or by Auto (the default): by what clients may have seen and a margin, so that every watcher is told. Kubernetes
    /// goes wrong without it.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(BumpCompleter))]
    public BumpAmount BumpRevision { get; set; } = new("Auto");

    /// <summary>The token of the restored cluster. The default is the estate's, else the run's id.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ClusterToken { get; set; }

    /// <summary>Files with identities (AGE-SECRET-KEY-1…) that open an encrypted backup. The default is what the estate refers to.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Identity { get; set; } = [];

    /// <summary>The passphrase that opens a backup which was encrypted to one.</summary>
    [Parameter]
    public SecureString? Passphrase { get; set; }

    /// <summary>A folder with room for the new data directories of all remote members. The default is the folder for temporary files.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WorkDirectory { get; set; }

    /// <summary>The folder of all runs. The default is $env:DRPOWERSHELL_STATE, else the user's folder for state.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? JournalDirectory { get; set; }

    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Estate { get; set; }

    /// <summary>The estate, and what its names stand for.</summary>
    internal EstateSession Session => _session ??= new EstateSession(this, Estate);

    /// <summary>The cluster: the one that is named, or the plan's.</summary>
    private protected string ClusterName => Document?.Cluster ?? NamedCluster;

    /// <summary>Who must approve what is done to the cluster; null for nobody.</summary>
    private protected ApprovalSection? Policy => Session.Estate.Clusters.GetValueOrDefault(ClusterName)?.Approval;

    /// <summary>The repository that keeps the journal, by the estate's name; null for none.</summary>
    private protected string? RepositoryName => Repository ?? Document?.Source?.Repository ?? Session.Estate.Clusters.GetValueOrDefault(ClusterName)?.Repository;

    /// <summary>The cluster that a parameter names.</summary>
    private protected abstract string NamedCluster { get; }

    /// <summary>The plan file, once it is read; null where a cluster was named.</summary>
    private protected RestorePlanDocument? Document => Plan is null ? null : _document ??= RestorePlanFile.Load(ResolveDestination(Plan), Session.Estate);

    /// <summary>Does what the cmdlet is for.</summary>
    private protected abstract void Act();

    /// <inheritdoc/>
    protected sealed override void Begin() => OutageStartAheadException.Check(OutageStart, TimeProvider.System);

    /// <inheritdoc/>
    protected sealed override void Process()
    {
        // Several would be several restores, each over the one before: nothing begins until it is known that there is but one.
        if (_isAsked)
        {
            throw new SeveralSnapshotsException($"{_asked}", $"{Snapshot}");
        }

        (_isAsked, _asked) = (true, Snapshot);
    }

    /// <inheritdoc/>
    protected sealed override void End()
    {
        // A pipeline that brings nothing asks for nothing.
        if (_isAsked)
        {
            Act();
        }
    }

    /// <summary>Looks at the cluster, makes the plan, and does something with it while its connections are open. Pipeline thread only.</summary>
    /// <param name="approval">What the step of approval is given; null where nothing is run.</param>
    /// <param name="use">Takes the plan and the world that it was made in.</param>
    private protected void WithPlan(GivenApproval? approval, Action<PlannedRestore, RestoreWorld> use)
    {
        var (cluster, policy, checks) = (ClusterName, Policy, Document?.Checks ?? []);
        var request = Request(cluster, checks);
        PlannedRestore? planned = null;
        var world = new RestoreWorld(Session.Estate, cluster, Session.Secrets, new RestoreWorldOptions
        {
            WorkDirectory = WorkDirectory is null ? null : ResolveDestination(WorkDirectory),
            KeepDirectory = RunsFolder,
            // Where the snapshot lies; a repository that is named besides keeps the journal.
            Repository = request.Snapshot?.Repository ?? request.Repository,
            OtherHosts = [.. CheckSteps.Hosts(checks), .. request.Members.Values.Select(member => member.Host)],
            Keys = DecryptionKeySource.Read(Identity.Select(ResolveDestination), Passphrase),
            BreakLock = BrokenLock,
            Redactor = Session.Redactor,
            Checks = approval is null ? CheckTools.None : Tools(checks),
            Approval = plan => policy is null ? null : new ApproveStep(
                policy, () => planned!.Summary, facts => PlanImpact.Figures(plan, facts, TimeProvider.System.GetUtcNow()), SessionPaths.State(this))
            {
                Bundle = approval?.Bundle, BreakGlass = approval?.BreakGlass, Store = approval?.Store, Repository = plan.Repository,
            },
        });
        try
        {
            var plan = Run((output, token) => new RestoreAssessor(Session.Estate, world).AssessAsync(request, output.Steps($"Assessing {cluster}"), token)).On(Session.Estate);
            foreach (var finding in plan.Findings.Where(finding => finding.Severity >= RecoverySeverity.Warning))
            {
                WriteWarning(finding.Text);
            }

            var earlier = EarlierRuns.Read(RunsFolder, cluster);
            if (earlier.Count > 0)
            {
                WriteVerbose($"The estimates are the median of {earlier.Count} earlier restores of {cluster}.");
            }

            planned = new PlannedRestore(plan, new RestoreRunbook(plan, world, earlier).Create());
            use(planned, world);
        }
        finally
        {
            world.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    // What is given besides the plan wins over it.
    private RestoreRequest Request(string cluster, IReadOnlyList<CheckSection> checks) => new()
    {
        Cluster = cluster,
        Member = Member,
        Members = Document?.Members ?? new Dictionary<string, MemberSection>(StringComparer.Ordinal),
        Snapshot = _asked is { } given ? Given(given) : Member is null && Planned(cluster) is { } planned ? Named(planned) : null,
        Repository = Repository ?? Document?.Source?.Repository,
        AcceptDataLoss = AcceptDataLoss ?? Document?.AcceptDataLoss,
        OutageStart = OutageStart,
        BumpRevision = MyInvocation.BoundParameters.ContainsKey(nameof(BumpRevision)) || Document is null
            ? BumpRevision.IsAuto ? "Auto" : BumpRevision.Revisions.ToString(CultureInfo.InvariantCulture)
            : Document.BumpRevision is "auto" ? "Auto" : Document.BumpRevision,
        Token = ClusterToken ?? Document?.Token,
        Rto = Document?.Rto,
        Rpo = Document?.Rpo,
        Checks = checks.Count == 0 ? null : CheckJson.Write(checks),
    };

    // The source that the plan names; null for the best there is.
    private EtcdSnapshot? Planned(string cluster)
    {
        if (Document?.Source is not { } source)
        {
            return null;
        }

        if (source.File is { } file)
        {
            return SnapshotCatalog.Describe(file);
        }

        var options = Session.Estate.Repository(RepositoryName ?? throw new NoRestoreSourceException(cluster, "The plan takes a backup, and neither it nor the estate names a repository."), Session.Secrets);
        return Run((_, token) => RestorePlanSource.FindAsync(source, cluster, options, token));
    }

    private EtcdSnapshot Given(SnapshotReference given) => given.TestResult is { IsValid: false } result
        ? throw new SnapshotNotValidException(result.Path, result.Findings)
        : Named(given.Stored ?? SnapshotCatalog.Describe(given.Path));

    // A backup may come from another repository than the cluster's own, or from one that was given as a URI: the run opens it by the estate's name.
    private EtcdSnapshot Named(EtcdSnapshot snapshot)
    {
        if (snapshot.StoredIn is not { } stored)
        {
            return snapshot;
        }

        var name = Session.Estate.RepositoryNames.Where(name => Session.Estate.Describe(name).Uri == stored.Uri).OrderByDescending(name => name == stored.Name).FirstOrDefault();
        return snapshot with { Repository = name ?? throw new SnapshotRepositoryNotNamedException(snapshot.Name, stored.Uri, Session.Estate.Path) };
    }

    private CheckTools Tools(IReadOnlyList<CheckSection> checks) =>
        new() { Scripts = Scripts, Secrets = CheckSecrets.Read(checks, Session.Secrets) };

    /// <summary>The folder of all runs.</summary>
    private protected string RunsFolder => SessionPaths.Runs(this, JournalDirectory);

    /// <summary>A run whose locks may be taken over; null for none.</summary>
    private protected virtual string? BrokenLock => null;
}
