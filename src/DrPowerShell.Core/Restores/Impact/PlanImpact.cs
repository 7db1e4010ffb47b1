using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Restores.Impact;

/// <summary>What a planned restore destroys: measured before it is approved, and again, the same way, before it begins.</summary>
public static class PlanImpact
{
    /// <summary>The name of the fact that holds what a run has measured.</summary>
    public const string Fact = "impact";

    /// <summary>Measures it for a plan that has not begun. Nothing is changed on any machine; what is fetched is removed again.</summary>
    /// <returns>Null where the source is taken from the cluster itself, or where nothing is left to compare with.</returns>
    public static async Task<RestoreImpact?> MeasureAsync(RestorePlan plan, IRestoreWorld world, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        if (plan.Source is not { Kind: RestoreSourceKind.Backup or RestoreSourceKind.File } source)
        {
            return null;
        }

        var folder = source.Kind == RestoreSourceKind.Backup ? world.WorkFolder($"impact-{Guid.NewGuid():N}") : null;
        try
        {
            var path = source.Name!;
            if (folder is not null)
            {
                steps?.Report($"Fetching {source.Name}.");
                path = Path.Combine(folder, "source.db");
                await world.FetchAsync(source.Repository!, source.Name!, path, null, cancellationToken).ConfigureAwait(false);
            }

            steps?.Report("Comparing it with what is left of the cluster.");
            var snapshot = new ImpactSnapshot { Name = source.Name!, Path = path, Cluster = plan.Cluster, Taken = source.Taken ?? default, Revision = source.Revision, Size = source.Size };
            return await CompareAsync(new RestoreScope(plan, world), snapshot, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (folder is not null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>The figures of what a run has measured.</summary>
    public static ImpactFigures Figures(RestorePlan plan, RunFacts facts, DateTimeOffset now) => Figures(plan, facts.Find<RestoreImpact>(Fact), now);

    /// <summary>The figures that approvers read, or that are held against what they approved.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="impact">What was measured; null where nothing was.</param>
    /// <param name="now">The time, UTC.</param>
    public static ImpactFigures Figures(RestorePlan plan, RestoreImpact? impact, DateTimeOffset now)
    {
        if (impact is not null)
        {
            return ImpactFigures.Of(impact);
        }

        // The cluster's own data loses nothing that was left; of a backup the age is the upper bound where nothing tells more.
        var age = plan.Source is { Kind: RestoreSourceKind.Backup or RestoreSourceKind.File, Taken: { } taken } ? now - taken : (TimeSpan?)null;
        return new ImpactFigures { Loss = plan.MeasuredLoss ?? age, IsLossByAge = plan.MeasuredLoss is null && age is not null };
    }

    /// <summary>Compares a snapshot with the members that answer, else with the stopped one that was written last; null where there is neither.</summary>
    internal static async Task<RestoreImpact?> CompareAsync(RestoreScope scope, ImpactSnapshot snapshot, CancellationToken cancellationToken)
    {
        var options = new RestoreImpactOptions { Cluster = scope.Plan.Cluster, OutageStart = scope.Plan.OutageStart, RecoveryTimeObjective = scope.Plan.Rto, ObjectLimit = 100, RowLimit = 20 };
        return await LiveAsync(scope, snapshot, options, cancellationToken).ConfigureAwait(false) ?? await StoppedAsync(scope, snapshot, options, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<RestoreImpact?> LiveAsync(RestoreScope scope, ImpactSnapshot snapshot, RestoreImpactOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var cluster = await scope.ConnectAsync(cancellationToken, [.. scope.Plan.Old]).ConfigureAwait(false);
            await using var end = cluster.ConfigureAwait(false);
            return await new RestoreImpactMeasurer().MeasureAsync(snapshot, PresentState.Of(cluster), options, null, cancellationToken).ConfigureAwait(false);
        }
        catch (RecoveryException e) when (e.Kind is FailureKind.Unreachable or FailureKind.Timeout or FailureKind.InvalidState)
        {
            return null;
        }
    }

    private static async Task<RestoreImpact?> StoppedAsync(RestoreScope scope, ImpactSnapshot snapshot, RestoreImpactOptions options, CancellationToken cancellationToken)
    {
        var folder = scope.World.WorkFolder($"impact-{Guid.NewGuid():N}");
        try
        {
            // The one that has come furthest tells most, and one copy is enough for the time that there is.
            await foreach (var member in FetchedMembers.FetchEachAsync(scope.Plan.Old, scope.World, folder, cancellationToken).ConfigureAwait(false))
            {
                using (member)
                {
                    try
                    {
                        return await new RestoreImpactMeasurer().MeasureAsync(snapshot, PresentState.Of(member.Directories), options, null, cancellationToken).ConfigureAwait(false);
                    }
                    catch (Exception e) when (e is RecoveryException or UnauthorizedAccessException or IOException)
                    {
                        // Damaged: that is why it is restored.
                    }
                }
            }

            return null;
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }
}
