using System.Management.Automation;
using System.Security;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Notifications;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;
using DrPowerShell.Module.Restores;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Runs;

/// <summary>The base of cmdlets that go on with a run or take it back: the run, the estate that it was begun with, and the repository that keeps its journal.</summary>
public abstract class RunCmdlet : RepositoryCmdlet
{
    /// <summary>The run: its id, or what Get-RecoveryRun or Restore-EtcdCluster returned.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Run")]
    [ArgumentCompleter(typeof(RunIdCompleter))]
    [ValidateNotNull]
    public RunReference Id { get; set; } = null!;

    /// <summary>
    /// The repository that keeps the journal: a name from the estate, a URI, or a folder. Needed with an id on a machine that does not have the run; the
    /// default is the one that the run names.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public override RepositoryReference? Repository { get; set; }

    /// <summary>The estate file. Without it the one that the run was begun with, where it is there; else $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public override string? Estate { get; set; }

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

    /// <summary>A run whose locks on the machines are taken over, because nobody works on it any more: the id of this run, or of another one that stands in its way.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(RunIdCompleter))]
    [ValidateNotNullOrEmpty]
    public string? BreakLock { get; set; }

    /// <summary>Write each step as soon as it has ended, and the run last.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>What a person is asked before it begins.</summary>
    private protected abstract string Act(RecoveryRun run);

    /// <summary>Whether the business checks of the plan may run: their secrets are needed then.</summary>
    private protected virtual bool MakesChecks => false;

    /// <summary>Does it.</summary>
    private protected abstract Task<RecoveryRun> GoAsync(RunSession session, string id, Func<RunBegun, Runbook> create, CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected override void Process() => Item(Id, GoOn, terminating: !MyInvocation.ExpectingInput);

    // A run that was piped in says itself where it lies.
    private string RunsFolder => JournalDirectory is null && LocalJournal is { } journal
        ? Path.GetDirectoryName(Path.GetDirectoryName(journal))!
        : SessionPaths.Runs(this, JournalDirectory);

    private string? LocalJournal => Id.Run is { Journal: var journal } && Path.IsPathFullyQualified(journal) && File.Exists(journal) ? journal : null;

    private RepositoryOptions? NamedRepository() => Repository is not null ? ResolveRepository()
        : LocalJournal is null && Id.Run is { Repository: { } kept, Estate: var estate }
            ? (Estate is null && File.Exists(estate) ? new EstateSession(this, estate) : Session).Repository(new RepositoryReference(kept))
        : null;

    private void GoOn()
    {
        var named = NamedRepository();
        var run = Find(named);
        var session = Estate is null && run.Estate is { } begun && File.Exists(begun) ? new EstateSession(this, begun) : Session;
        if (run.Kind != RestorePlan.RunbookKind)
        {
            throw new RunNotResumableException(run.Id, $"is a {run.Kind}, which this version cannot make again.", "Go on with it with the version that began it.");
        }

        if (run.IsSealed && named is null && run.Repository is null)
        {
            throw RunNotResumableException.Ended(run);
        }

        var plan = RunFacts.FromJson<RestorePlan>(run.Plan);
        if (!ShouldProcess($"{run.Target} ({run.Id}, begun {run.Started.UtcDateTime:u} by {run.Operator})", Act(run)))
        {
            return;
        }

        var repository = Open(named ?? (run.Repository is { } kept ? session.Estate.Repository(kept, session.Secrets) : null), isNeeded: !File.Exists(RunFolder.Journal(RunsFolder, run.Id)));
        try
        {
            GoOn(run, plan, session, repository);
        }
        finally
        {
            repository?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private void GoOn(RecoveryRun run, RestorePlan plan, EstateSession session, SnapshotRepository? repository)
    {
        Runbook? runbook = null;
        var checks = CheckJson.Read(plan.Checks);
        var world = new RestoreWorld(session.Estate, plan.Cluster, session.Secrets, new RestoreWorldOptions
        {
            WorkDirectory = WorkDirectory is null ? null : ResolveDestination(WorkDirectory),
            KeepDirectory = RunsFolder,
            Repository = plan.Source?.Repository,
            Keys = DecryptionKeySource.Read(Identity.Select(ResolveDestination), Passphrase),
            BreakLock = BreakLock,
            OtherHosts = [.. CheckSteps.Hosts(checks), .. plan.Members.Concat(plan.Former).Select(member => member.Host)],
            Checks = MakesChecks ? new CheckTools { Scripts = Scripts, Secrets = CheckSecrets.Read(checks, session.Secrets) } : CheckTools.None,
            Redactor = session.Redactor,
            Approval = _ => run.Steps.Any(step => step.Id == ApproveStep.StepId)
                ? new ApproveStep(session.Estate.Clusters[plan.Cluster].Approval, () => new PlannedRestore(plan, runbook!).Summary, facts => PlanImpact.Figures(plan, facts, TimeProvider.System.GetUtcNow()), SessionPaths.State(this))
                {
                    BreakGlass = run.BreakGlass, Store = repository?.Store, Repository = plan.Repository,
                }
                : null,
        });
        try
        {
            var keeping = new RunKeeping { Folder = RunsFolder, Repository = repository, Estate = session.Estate.Path, Redactor = session.Redactor };
            var notifiers = session.Estate.NotifiersOf(plan.Cluster, session.Secrets);
            var ended = Run((output, token) => GoAsync(
                new RunSession(keeping with { Notices = new NoticeSender(notifiers, session.Redactor, output.WriteWarning) }, new RunWatcher(output, "Restore", run.Steps.Count, plan.Rto, plan.OutageStart ?? run.Started, PassThru)),
                run.Id,
                begun => runbook = new RestoreRunbook(RunFacts.FromJson<RestorePlan>(begun.Plan), world).Create(),
                token));
            WriteObject(ended);
        }
        finally
        {
            world.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    // Nothing is written for it: -WhatIf and an answer of no leave this machine as it was.
    private RecoveryRun Find(RepositoryOptions? named)
    {
        var repository = Open(named, isNeeded: !File.Exists(RunFolder.Journal(RunsFolder, Id.Id)));
        try
        {
            return Run((_, token) => new RunCatalog(RunsFolder, repository?.Store, repository?.Options.Name).ReadAsync(Id.Id, token));
        }
        finally
        {
            repository?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    // One that does not answer must not keep a run from being taken back that is here as well.
    private SnapshotRepository? Open(RepositoryOptions? options, bool isNeeded)
    {
        try
        {
            return options is null ? null : Run((_, token) => SnapshotRepository.OpenAsync(options, token));
        }
        catch (RecoveryException e) when (!isNeeded && e.Kind is not (FailureKind.InvalidInput or FailureKind.NotFound))
        {
            WriteWarning($"The journal of this machine is used alone: {e.Message}");
            return null;
        }
    }
}
