using System.Globalization;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Measures what the restore of the chosen snapshot destroys, against what can still be read of the cluster.</summary>
internal sealed class ImpactStep(RestoreScope scope) : RunbookStep
{
    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var source = context.Facts.Get<TakenSource>(RestoreImage.SourceFact);
        var snapshot = new ImpactSnapshot
        {
            Name = scope.Plan.Source!.Name ?? source.Path, Path = source.Path, Cluster = scope.Plan.Cluster, Taken = source.Taken, Revision = source.Revision, Size = source.Size,
        };
        var impact = await PlanImpact.CompareAsync(scope, snapshot, cancellationToken).ConfigureAwait(false);
        if (impact is null)
        {
            context.Text = "nothing is left to compare with";
            await context.FindAsync(RecoverySeverity.Information, "ImpactNotMeasured", "No member answers and none of their databases can be read: the impact is that of the snapshot's age.", cancellationToken)
                .ConfigureAwait(false);
            return;
        }

        await context.RecordAsync(PlanImpact.Fact, impact, cancellationToken).ConfigureAwait(false);
        context.Text = string.Create(CultureInfo.InvariantCulture, $"{impact.KeysLost:N0} keys lost, {impact.KeysBack:N0} back, {impact.KeysReverted:N0} reverted");
        if (scope.Plan.AcceptedLoss is { } accepted && impact.MeasuredLoss is { } loss && loss > accepted)
        {
            throw new DataLossNotAcceptedException(scope.Plan.Cluster, snapshot.Name, loss, accepted, "");
        }
    }
}
