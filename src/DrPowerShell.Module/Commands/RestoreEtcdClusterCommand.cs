using System.Management.Automation;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Notifications;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Module.Approvals;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Restores;

namespace DrPowerShell.Module.Commands;

/// <summary>Restores a whole etcd cluster on its machines, from damage to a proven healthy state or back to where it was.</summary>
/// <remarks>
/// <para>
/// All machines are looked at first, and the source with the smallest loss is taken: a member that still answers, the database of a stopped member,
/// the newest verified backup. The steps are those of Get-RecoveryPlan: writers and members are stopped and proven down, the new data directories
/// are built from one read and verified where they lie, the old ones are parked beside them, the members are started, and each must answer with
/// the hash of the image it was restored from.
/// </para>
/// <para>
/// A failure before clients are let in puts everything back. Each step is in a journal before it begins: a run whose process died is gone on with by
/// Resume-RecoveryRun, or taken back by Undo-RecoveryRun.
/// </para>
/// <para>
/// A plan (-Plan) may name business checks: once clients are let in, all of them must pass, each within its deadline. One that does not ends the run
/// as Failed, and Resume-RecoveryRun asks again once the cause is removed.
/// </para>
/// <para>
/// Whom the estate names (notify) is told when the run begins, at once when the glass is broken, and when it ends. A notifier that is not reached
/// never stops a run: it is a warning, and a finding in journal and report.
/// </para>
/// <para>
/// What the estate names as the cluster's writers is kept out until health is proven. Where it names none, clients can write before that: a warning
/// says so, in the plan, the run and its report.
/// </para>
/// <para>
/// A cluster that has its quorum is not restored (ClusterHasQuorum) unless the loss is named with -AcceptDataLoss; -Member brings back a single
/// member while the others serve. Old data directories are never deleted.
/// </para>
/// </remarks>
/// <example>
/// <para>Restore a cluster from the best source there is.</para>
/// <code>Restore-EtcdCluster -Cluster prod -OutageStart (Get-Date).AddMinutes(-10)</code>
/// </example>
/// <example>
/// <para>Restore a backup that was approved, and keep what each step did.</para>
/// <code>$s = Get-EtcdSnapshot -Repository offsite -Cluster prod -Latest
/// Restore-EtcdCluster prod -Snapshot $s -AcceptDataLoss 2h -Approval ./approval.json -PassThru</code>
/// </example>
/// <example>
/// <para>Restore as a plan says, and hold the result to its business checks.</para>
/// <code>Restore-EtcdCluster -Plan ./restore.yaml -Approval ./approval.json -OutageStart '2026-11-22T14:05:00Z'</code>
/// </example>
/// <example>
/// <para>Restore with the approval that lies in the cluster's repository.</para>
/// <code>$request = Get-RecoveryRequest -Repository offsite | Where-Object State -eq Approved
/// Restore-EtcdCluster -Plan ./restore.yaml -Approval $request</code>
/// </example>
/// <example>
/// <para>Bring back one member while the others serve.</para>
/// <code>Restore-EtcdCluster -Cluster prod -Member etcd-1</code>
/// </example>
[Cmdlet(VerbsData.Restore, "EtcdCluster", DefaultParameterSetName = ByCluster, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RecoveryRun), typeof(RecoveryStepResult))]
public sealed class RestoreEtcdClusterCommand : RestoreClusterCmdlet
{
    /// <summary>The cluster to restore: a name from the estate.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(EstateClusterNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string Cluster { get; set; } = "";

    /// <summary>
    /// The approved request with its approvals: its files, its id where it lies in the repository, or what Get-RecoveryRequest returned. It takes the
    /// place of the prompt.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public ApprovalReference[] Approval { get; set; } = [];

    /// <summary>Go ahead without the approval that the estate asks for; the reason is written large in journal and report, and the estate's notifiers are told of it before anything is changed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? BreakGlass { get; set; }

    /// <summary>A run whose locks on the machines are taken over, because nobody works on it any more: its id.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? BreakLock { get; set; }

    /// <summary>Write each step as soon as it has ended, and the run last.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override string NamedCluster => Cluster;

    private protected override string? BrokenLock => BreakLock;

    private protected override void Act()
    {
        var given = Approval.Select(one => (one.Text, File: ResolveDestination(one.Text))).ToLookup(one => ApprovalBundle.IsId(one.Text) && !File.Exists(one.File));
        ApprovalBundle[] read = given[false].Any() ? [ApprovalBundle.ReadFiles(given[false].Select(one => one.File))] : [];
        IReadOnlyList<string> ids = [.. given[true].Select(one => one.Text)];
        var repository = Open(RepositoryName, isNeeded: ids.Count > 0);
        try
        {
            var bundle = read.Concat(ids.Select(id => Stored(id, repository))).Aggregate((ApprovalBundle?)null, (all, next) => all?.Merge(next) ?? next);
            WithPlan(
                new GivenApproval(bundle, BreakGlass, repository?.Store),
                (planned, _) =>
                {
                    if (Confirm(planned, bundle))
                    {
                        Run(planned, repository);
                    }
                });
        }
        finally
        {
            repository?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private ApprovalBundle Stored(string id, SnapshotRepository? repository) => repository is null
        ? throw new ParametersConflictException(nameof(Approval), $"{id} is no file here, and nothing says which repository holds it.", "Name the request's file, or the repository with -Repository.")
        : Run((_, token) => new RequestStore(repository.Store).ReadAsync(id, token));

    private bool Confirm(PlannedRestore planned, ApprovalBundle? bundle)
    {
        if (!IsWhatIf)
        {
            // Whoever brings an approval was asked already, by those who gave it; the run checks it before anything is changed. Broken glass sets it aside.
            var wasAsked = Policy is not null && bundle is not null && BreakGlass is null && !IsConfirmed;
            return wasAsked || ShouldProcess(planned.Target, planned.Act);
        }

        foreach (var step in planned.Runbook.Steps.Where(step => step.IsChange))
        {
            ShouldProcess(step.Host, step.Title);
        }

        return false;
    }

    // The engine takes whatever is true, such as 1.
    private bool IsWhatIf => LanguagePrimitives.IsTrue(MyInvocation.BoundParameters.TryGetValue("WhatIf", out var given) ? given : SessionState.PSVariable.GetValue("WhatIfPreference"));

    private bool IsConfirmed => MyInvocation.BoundParameters.TryGetValue("Confirm", out var given) && LanguagePrimitives.IsTrue(given);

    // A repository that does not answer must not hold up a restore that does not need it; one that does will say so itself.
    private SnapshotRepository? Open(string? name, bool isNeeded)
    {
        if (name is null)
        {
            return null;
        }

        // On this thread: a vault may be asked, and what is decided is told.
        var options = Session.Estate.Repository(name, Session.Secrets);
        try
        {
            return Run((_, token) => SnapshotRepository.OpenAsync(options, token));
        }
        catch (RecoveryException e) when (!isNeeded && e.Kind is not (FailureKind.InvalidInput or FailureKind.NotFound))
        {
            WriteWarning($"The journal is kept on this machine alone: {e.Message}");
            return null;
        }
    }

    private void Run(PlannedRestore planned, SnapshotRepository? repository)
    {
        var id = RunFolder.NewId(RestorePlan.RunbookKind, DateTimeOffset.UtcNow);
        WriteVerbose($"The run is {id}; its journal is {RunFolder.Journal(RunsFolder, id)}.");
        var keeping = new RunKeeping { Folder = RunsFolder, Repository = repository, Estate = Session.Estate.Path, Redactor = Session.Redactor };
        var notifiers = Session.Estate.NotifiersOf(ClusterName, Session.Secrets);
        var run = Run((output, token) => new RunSession(
                keeping with { Notices = new NoticeSender(notifiers, Session.Redactor, output.WriteWarning) }, new RunWatcher(output, "Restore", planned.Runbook.Steps.Count, planned.Plan.Rto, planned.Plan.OutageStart ?? TimeProvider.System.GetUtcNow(), PassThru))
            .RunAsync(id, planned.Runbook, token));
        WriteObject(run);
    }
}
