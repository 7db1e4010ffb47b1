using System.Globalization;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Services;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Notes whether the cluster has a quorum before it is stopped; its undo, the last of all, proves that it has one again if it had.</summary>
internal sealed class NoteClusterStep(RestoreScope scope) : RunbookStep
{
    private string HadQuorum => Id + ".had-quorum";

    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        if (!context.Facts.Has(HadQuorum))
        {
            var had = await ClusterWait.HasQuorumAsync(scope, scope.Plan.Old, cancellationToken).ConfigureAwait(false);
            await PlanFindings.TellAsync(scope, context, cancellationToken).ConfigureAwait(false);
            await context.RecordAsync(HadQuorum, had ? "yes" : "no", cancellationToken).ConfigureAwait(false);
        }

        context.Text = context.Facts.Find<string>(HadQuorum) == "yes" ? "it has a quorum" : "it has no quorum";
    }

    protected internal override async Task UndoAsync(StepContext context, CancellationToken cancellationToken)
    {
        if (context.Facts.Find<string>(HadQuorum) == "yes")
        {
            await ClusterWait.UntilQuorumAsync(scope, scope.Plan.Old, context, cancellationToken).ConfigureAwait(false);
            context.Text = "the old cluster has its quorum again";
        }
        else
        {
            context.Text = "it had no quorum before";
        }
    }
}

/// <summary>Waits until the restored members have agreed on a leader and answer through the quorum.</summary>
internal sealed class LeaderStep(RestoreScope scope) : RunbookStep
{
    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        await ClusterWait.UntilQuorumAsync(scope, scope.Plan.Members, context, cancellationToken).ConfigureAwait(false);
        context.Text = "a leader is elected, and the quorum answers";
    }
}

/// <summary>Polls a cluster.</summary>
internal static class ClusterWait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether a read through the quorum succeeds now.</summary>
    public static async Task<bool> HasQuorumAsync(RestoreScope scope, IReadOnlyList<RestoreMember> members, CancellationToken cancellationToken) =>
        await ProblemAsync(scope, members, cancellationToken).ConfigureAwait(false) is null;

    /// <summary>Polls until a read through the quorum succeeds; the step's own timeout ends it.</summary>
    public static async Task UntilQuorumAsync(RestoreScope scope, IReadOnlyList<RestoreMember> members, StepContext context, CancellationToken cancellationToken)
    {
        for (var clock = context.Time.GetTimestamp(); ;)
        {
            var problem = await ProblemAsync(scope, members, cancellationToken).ConfigureAwait(false);
            if (problem is null)
            {
                return;
            }

            context.Report(string.Create(CultureInfo.InvariantCulture, $"no quorum after {context.Time.GetElapsedTime(clock).TotalSeconds:N0} s: {problem}"));
            await Task.Delay(Pause, context.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<string?> ProblemAsync(RestoreScope scope, IReadOnlyList<RestoreMember> members, CancellationToken cancellationToken)
    {
        try
        {
            var cluster = await scope.ConnectAsync(cancellationToken, [.. members]).ConfigureAwait(false);
            await using var end = cluster.ConfigureAwait(false);
            return await ClusterHealthCheck.QuorumProblemAsync(cluster, cancellationToken).ConfigureAwait(false);
        }
        catch (RecoveryException e)
        {
            return e.Message;
        }
    }
}

/// <summary>
/// Proves the cluster sound: members as planned, no alarms, and each member's HashKV that of the image it was restored from; of a member that was
/// replaced, that of the others.
/// </summary>
internal sealed class HealthStep(RestoreScope scope) : RunbookStep
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var cluster = await scope.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using var end = cluster.ConfigureAwait(false);
        string? problem = null;
        try
        {
            for (; ;)
            {
                problem = await ProblemAsync(context, cluster, cancellationToken).ConfigureAwait(false);
                if (problem is null)
                {
                    return;
                }

                // Members report to one another for a moment after the election; what does not pass is told when the step's time is over.
                context.Report(problem);
                await Task.Delay(Pause, context.Time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (problem is not null)
        {
            throw new RestoredClusterNotHealthyException(scope.Plan.Cluster, problem);
        }
    }

    // Null when all is well; what was proven is in the step's text then.
    private async Task<string?> ProblemAsync(StepContext context, IEtcdCluster cluster, CancellationToken cancellationToken)
    {
        var expected = context.Facts.Find<ExpectedHash>(RestoreImage.HashFact);
        var result = await CheckAsync(context, cluster, compare: expected is null, cancellationToken).ConfigureAwait(false);
        if ((Problem(result) ?? Stranger(context, result) ?? await RetiredAsync(cancellationToken).ConfigureAwait(false)) is { } other)
        {
            return other;
        }

        if (expected is null)
        {
            Tell(context, result, "HashKV equal on all");
            return Unequal(result);
        }

        Tell(context, result, "HashKV equal on all and to the image");
        return await HashProblemAsync(cluster, result, expected, cancellationToken).ConfigureAwait(false) is { } differs
            && !await IsPastImageAsync(context, cluster, result, expected, cancellationToken).ConfigureAwait(false) ? differs : null;
    }

    private static Task<EtcdClusterTestResult> CheckAsync(StepContext context, IEtcdCluster cluster, bool compare, CancellationToken cancellationToken) =>
        new ClusterHealthCheck(context.Time).RunAsync(cluster, new ClusterHealthOptions { CompareHashes = compare }, null, cancellationToken);

    private void Tell(StepContext context, EtcdClusterTestResult result, string hashes) => context.Text = string.Create(
        CultureInfo.InvariantCulture, $"{result.Members.Length} of {scope.Plan.Members.Count} members, leader {result.Leader}, revision {result.Revision:N0}, {hashes}");

    private string? Unequal(EtcdClusterTestResult result) => result.HashEqual is true || scope.Plan.Members.Count == 1 ? null
        : result.Findings.FirstOrDefault(finding => finding.Code == "HashNotCompared")?.Text ?? "the members' key spaces could not be compared.";

    // Where clients are kept out by nobody, one may write as soon as the quorum answers, and a server that has compacted does not answer for the
    // revision before: then the members are held against one another, and the reader is told that the image is out of reach.
    private async Task<bool> IsPastImageAsync(StepContext context, IEtcdCluster cluster, EtcdClusterTestResult result, ExpectedHash expected, CancellationToken cancellationToken)
    {
        if (result.Revision <= expected.Revision)
        {
            return false;
        }

        foreach (var member in result.Members.Where(member => member.Endpoint is not null))
        {
            try
            {
                await cluster.GetHashKvAsync(member.Endpoint!, expected.Revision, cancellationToken).ConfigureAwait(false);
                return false;
            }
            catch (EtcdRevisionCompactedException)
            {
                // It cannot tell any more.
            }
        }

        var compared = await CheckAsync(context, cluster, compare: true, cancellationToken).ConfigureAwait(false);
        if (Problem(compared) is not null || Unequal(compared) is not null)
        {
            return false;
        }

        await context.FindAsync(
            RecoverySeverity.Warning,
            "HashNotComparedWithImage",
            string.Create(CultureInfo.InvariantCulture, $"Clients wrote before the members were compared with the restored image (revision {compared.Revision:N0}, the image has {expected.Revision:N0}): they are equal among one another."),
            cancellationToken).ConfigureAwait(false);
        Tell(context, compared, "HashKV equal on all");
        return true;
    }

    private string? Problem(EtcdClusterTestResult result)
    {
        var missing = scope.Plan.Members.Where(member => !Array.Exists(result.Members, other => other.Name == member.Name && other.IsReachable)).Select(member => member.Name).ToList();
        var extra = result.Members.Where(member => scope.Plan.Members.All(other => other.Name != member.Name)).Select(member => member.ToString()).ToList();
        var errors = result.Findings.Where(finding => finding.Severity == FindingSeverity.Error).Select(finding => finding.ToString()).ToList();
        return missing.Count > 0 ? $"these members do not answer: {string.Join(", ", missing)}."
            : extra.Count > 0 ? $"these members are not in the plan: {string.Join(", ", extra)}."
            : errors.Count > 0 ? string.Join("; ", errors)
            : null;
    }

    // A machine that was booted in between may have started the old members again: they would be equal among one another too.
    private static string? Stranger(StepContext context, EtcdClusterTestResult result) =>
        context.Facts.Find<IReadOnlyList<RestoredMember>>(RestoreImage.RestoredFact) is [{ ClusterId: var id }, ..] && Number(id) != Number(result.ClusterId)
            ? $"the members that answer belong to cluster {result.ClusterId}, and the restored one is {id}."
            : null;

    private static ulong Number(string id) => ulong.Parse(id, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private async Task<string?> RetiredAsync(CancellationToken cancellationToken)
    {
        foreach (var old in scope.Plan.Retired)
        {
            try
            {
                if (await scope.Service(old).GetStateAsync(cancellationToken).ConfigureAwait(false) is { Activity: not ServiceActivity.Down } state)
                {
                    return $"the old member {old.Name} is not down any more ({state.Evidence}).";
                }
            }
            catch (HostUnreachableException)
            {
                // It was proven down, and a machine that is gone serves nobody.
            }
        }

        return null;
    }

    private static async Task<string?> HashProblemAsync(IEtcdCluster cluster, EtcdClusterTestResult result, ExpectedHash expected, CancellationToken cancellationToken)
    {
        foreach (var member in result.Members.Where(member => member.Endpoint is not null))
        {
            var answer = await cluster.GetHashKvAsync(member.Endpoint!, 0, cancellationToken).ConfigureAwait(false);
            if (answer.Hash != expected.HashKv && answer.Revision > expected.Revision)
            {
                // Something has written already, such as a lease that ran out: the restored revision itself counts.
                try
                {
                    answer = await cluster.GetHashKvAsync(member.Endpoint!, expected.Revision, cancellationToken).ConfigureAwait(false);
                }
                catch (EtcdRevisionCompactedException e)
                {
                    return e.Message;
                }
            }

            if (answer.Hash != expected.HashKv)
            {
                return string.Create(
                    CultureInfo.InvariantCulture, $"{member} answers HashKV {answer.Hash:x8} at revision {answer.Revision:N0}, and the image has {expected.HashKv:x8} at {expected.Revision:N0}.");
            }
        }

        return null;
    }
}

/// <summary>Declares that clients are let in, where the estate names no writer to start.</summary>
internal sealed class DeclareStep : RunbookStep
{
    protected internal override Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        context.Text = "the estate names no writers: clients reach the members from here on";
        return Task.CompletedTask;
    }
}

/// <summary>Measures what was lost against what may be lost, tells what is left behind, and cleans up on this machine.</summary>
internal sealed class RecordStep(RestoreScope scope) : RunbookStep
{
    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        await RestoreImage.DiscardAsync(scope, context).ConfigureAwait(false);
        if (scope.Plan.MeasuredLoss is { } loss)
        {
            await context.RecordAsync("loss", loss, cancellationToken).ConfigureAwait(false);
            if (loss > scope.Plan.Rpo)
            {
                await context.FindAsync(RecoverySeverity.Warning, "RpoMissed", $"{loss} was lost, and {scope.Plan.Rpo} may be.", cancellationToken).ConfigureAwait(false);
            }
        }

        var parked = new List<string>();
        foreach (var member in scope.Plan.Members.Concat(scope.Plan.Retired.Where(old => !scope.Plan.Members.Any(old.IsSamePlace))))
        {
            if (await scope.Host(member).FindAsync(member.Parked(context.Run), cancellationToken).ConfigureAwait(false) is { } entry)
            {
                parked.Add($"{member.Host}:{entry.Path}");
            }
        }

        if (parked.Count > 0)
        {
            await context.FindAsync(
                RecoverySeverity.Information, "OldDataParked", $"The old data is kept at {string.Join(", ", parked)}; remove it when it is not needed any more.", cancellationToken).ConfigureAwait(false);
        }

        if (scope.Plan.ReplacedMember is not null)
        {
            await PlanFindings.TellAsync(scope, context, cancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>Tells in the run what its plan has found, early: a reader of a run that was undone needs it too.</summary>
internal static class PlanFindings
{
    public static async Task TellAsync(RestoreScope scope, StepContext context, CancellationToken cancellationToken)
    {
        foreach (var finding in scope.Plan.Findings)
        {
            await context.FindAsync(finding.Severity, finding.Code, finding.Text, cancellationToken).ConfigureAwait(false);
        }
    }
}
