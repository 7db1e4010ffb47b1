using System.Management.Automation;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Restores;

namespace DrPowerShell.Module.Commands;

/// <summary>Shows every step that a restore would take, with hosts, commands, sizes and estimated times, and runs none of them.</summary>
/// <remarks>
/// <para>
/// The members' machines are looked at, the sources are ranked by what would be lost, and the steps are those that Restore-EtcdCluster journals when
/// it is given the same parameters. Nothing is changed on any host.
/// </para>
/// <para>
/// Estimates are the median of earlier restores of the cluster, as the journals on this machine tell them (EarlierRuns says of how many), scaled by
/// size; without any they are worked out from sizes alone.
/// </para>
/// <para>
/// The estate names the members, with their hosts and services (clusters.NAME.members), what writes to the cluster (writers), and what must be
/// restarted after it (restarts).
/// </para>
/// </remarks>
/// <example>
/// <para>What would a restore of the newest backup do?</para>
/// <code>$s = Get-EtcdSnapshot -Repository offsite -Cluster prod -Latest
/// Get-RecoveryPlan -Restore prod -Snapshot $s</code>
/// </example>
/// <example>
/// <para>Which commands are run on which host to bring back one member?</para>
/// <code>Get-RecoveryPlan prod -Member etcd-1 | Format-List Number, Host, Step, Commands, Undo</code>
/// </example>
/// <example>
/// <para>Make a plan from a file, measure what it destroys, and ask for its approval.</para>
/// <code>Get-RecoveryPlan -Plan ./restore.yaml -MeasureImpact | New-RecoveryRequest -SigningKey ~/keys/dave.pem -Reason 'INC-4711' -Path ./request.json</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "RecoveryPlan", DefaultParameterSetName = ByCluster)]
[OutputType(typeof(RecoveryPlanStep))]
public sealed class GetRecoveryPlanCommand : RestoreClusterCmdlet
{
    /// <summary>The cluster whose restore is planned: a name from the estate.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByCluster)]
    [Alias("Cluster")]
    [ArgumentCompleter(typeof(EstateClusterNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string Restore { get; set; } = "";

    /// <summary>What the restore destroys, from Measure-RestoreImpact for the same snapshot: approvers read it, and the run may not destroy more.</summary>
    [Parameter]
    [ValidateNotNull]
    public RestoreImpact? Impact { get; set; }

    /// <summary>Measure what the restore destroys: a backup is fetched for it and removed again. What comes from the cluster itself is not compared.</summary>
    [Parameter]
    public SwitchParameter MeasureImpact { get; set; }

    private protected override string NamedCluster => Restore;

    private protected override void Act() => WithPlan(null, (planned, world) =>
        WriteObject((planned with { Impact = Figures(planned.Plan, world) }).Steps, enumerateCollection: true));

    private ImpactFigures? Figures(RestorePlan plan, RestoreWorld world)
    {
        if (Impact is { } given)
        {
            return given.Snapshot == plan.Source?.Name ? ImpactFigures.Of(given) : throw new ParametersConflictException(
                nameof(Impact), $"-Impact is that of '{given.Snapshot}', and the plan restores {plan.Source?.ToString() ?? "nothing"}.", "Measure the impact of what the plan restores, or use -MeasureImpact.");
        }

        return MeasureImpact
            ? PlanImpact.Figures(plan, Run((output, token) => PlanImpact.MeasureAsync(plan, world, output.Steps($"Measuring what {plan.Source} destroys"), token)), TimeProvider.System.GetUtcNow())
            : null;
    }
}
