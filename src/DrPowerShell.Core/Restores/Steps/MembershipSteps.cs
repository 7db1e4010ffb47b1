using System.Globalization;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Looks whether the other members form a quorum without the one that is to be replaced.</summary>
internal sealed class OthersStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var cluster = await Membership.ConnectAsync(Scope, Member, cancellationToken).ConfigureAwait(false);
        await using var end = cluster.ConfigureAwait(false);
        if (await ClusterHealthCheck.QuorumProblemAsync(cluster, cancellationToken).ConfigureAwait(false) is { } problem)
        {
            throw new ClusterHasNoQuorumException(Scope.Plan.Cluster, Member.Name, problem);
        }

        var info = await ClusterSurveyor.SurveyAsync(cluster, cancellationToken).ConfigureAwait(false);
        var others = info.Members.Where(other => !Membership.Is(other, Member) && other is { IsLearner: false, IsReachable: true }).ToList();
        var voters = info.Members.Count(other => !other.IsLearner && !Membership.Is(other, Member));
        if (others.Count < (voters / 2) + 1)
        {
            throw new ClusterHasNoQuorumException(Scope.Plan.Cluster, Member.Name, $"Without it {others.Count} of {voters} voting members answer.");
        }

        context.Text = string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", others)} serve at revision {info.Revision:N0}");
    }
}

/// <summary>Parks the data of the member that is replaced: a member that joins anew must find none.</summary>
internal sealed class ParkStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    private string HadOld => Fact("had-old");

    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var parked = Member.Parked(context.Run);
        if (!context.Facts.Has(HadOld))
        {
            var old = await Machine.FindAsync(Member.Exchanged, cancellationToken).ConfigureAwait(false);
            await context.RecordAsync(HadOld, old is null ? "no" : "yes", cancellationToken).ConfigureAwait(false);
        }

        if (context.Facts.Find<string>(HadOld) == "yes" && await Machine.FindAsync(parked, cancellationToken).ConfigureAwait(false) is null)
        {
            await Machine.MoveAsync(Member.Exchanged, parked, cancellationToken).ConfigureAwait(false);
        }

        if (!Member.IsMountPoint)
        {
            await Machine.CreateDirectoryAsync(Member.DataDirectory, Member.Attributes, cancellationToken).ConfigureAwait(false);
        }

        context.Text = context.Facts.Find<string>(HadOld) == "yes" ? $"old data parked at {parked}" : "there was no old data";
    }

    protected internal override async Task UndoAsync(StepContext context, CancellationToken cancellationToken)
    {
        var parked = Member.Parked(context.Run);
        var isParked = await Machine.FindAsync(parked, cancellationToken).ConfigureAwait(false) is not null;
        if (!isParked && context.Facts.Find<string>(HadOld) != "no")
        {
            return;
        }

        if (await Machine.FindAsync(Member.Exchanged, cancellationToken).ConfigureAwait(false) is not null)
        {
            // Ours, and empty: no member has ever run on it. What somebody else has put there since is kept.
            var removed = await Machine.RunAsync(HostCommand.Of("rmdir", "--", Member.Exchanged), cancellationToken).ConfigureAwait(false);
            if (!removed.Succeeded && isParked)
            {
                await Machine.MoveAsync(Member.Exchanged, $"{Member.Exchanged}.unused-{context.Run}", cancellationToken).ConfigureAwait(false);
            }
        }

        if (isParked)
        {
            await Machine.MoveAsync(parked, Member.Exchanged, cancellationToken).ConfigureAwait(false);
            context.Text = $"old data is back at {Member.Exchanged}";
        }
    }
}

/// <summary>Takes the old member out of the member list and puts a learner in its place.</summary>
internal sealed class RejoinStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    public const string ClusterFact = "rejoin-cluster";
    public const string IdFact = "rejoin-id";

    private string OldId => Fact("old-id");

    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var cluster = await Membership.ConnectAsync(Scope, Member, cancellationToken).ConfigureAwait(false);
        await using var end = cluster.ConfigureAwait(false);
        var list = await cluster.GetMembersAsync(cancellationToken).ConfigureAwait(false);
        if (!context.Facts.Has(OldId))
        {
            await context.RecordAsync(OldId, list.Members.FirstOrDefault(other => Membership.Is(other, Member))?.IdText ?? "", cancellationToken).ConfigureAwait(false);
        }

        var old = context.Facts.Find<string>(OldId);
        if (list.Members.FirstOrDefault(other => old!.Length > 0 && other.IdText == old) is { } gone)
        {
            await cluster.RemoveMemberAsync(gone.Id, cancellationToken).ConfigureAwait(false);
            list = await cluster.GetMembersAsync(cancellationToken).ConfigureAwait(false);
        }

        // A 3.4 server answers with the list that it has applied itself: in that the old member may be there still, with the same URLs.
        var others = list.Members.Where(other => other.IdText != old).ToList();

        // Found already there where a first attempt was cut off behind its back.
        var added = others.Find(other => other.PeerUrls.Intersect(Member.PeerUrls).Any())
            ?? await cluster.AddLearnerAsync(Member.PeerUrls, cancellationToken).ConfigureAwait(false);
        var initial = others.Where(other => other.Id != added.Id).Select(other => (other.Name, other.PeerUrls)).Append((Member.Name, added.PeerUrls))
            .SelectMany(other => other.PeerUrls.Select(url => $"{other.Name}={RestorePlan.Trimmed(url)}"));
        await context.RecordAsync(IdFact, added.IdText, cancellationToken).ConfigureAwait(false);
        await context.RecordAsync(ClusterFact, string.Join(',', initial), cancellationToken).ConfigureAwait(false);
        context.Text = $"{(old is { Length: > 0 } ? $"removed {old}, " : "")}added {added.IdText} as a learner";
    }
}

/// <summary>Waits until the learner has caught up, and gives it its vote.</summary>
internal sealed class PromoteStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var id = ulong.Parse(context.Facts.Get<string>(RejoinStep.IdFact), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var cluster = await Membership.ConnectAsync(Scope, Member, cancellationToken).ConfigureAwait(false);
        await using var end = cluster.ConfigureAwait(false);
        for (; ;)
        {
            var list = await cluster.GetMembersAsync(cancellationToken).ConfigureAwait(false);
            if (list.Members.Any(other => other.Id == id && !other.IsLearner) || await TryAsync(cluster, id, cancellationToken).ConfigureAwait(false))
            {
                context.Text = "caught up, and voting";
                return;
            }

            context.Report("catching up");
            await Task.Delay(Pause, context.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    // A write whose outcome is unknown is looked at in the member list the next time round.
    private static async Task<bool> TryAsync(IEtcdCluster cluster, ulong id, CancellationToken cancellationToken)
    {
        try
        {
            return await cluster.TryPromoteAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (RecoveryException e) when (e is EtcdWriteOutcomeUnknownException or EtcdNoLeaderException or EtcdRequestTimedOutException)
        {
            return false;
        }
    }
}

/// <summary>Finds members in a member list.</summary>
internal static class Membership
{
    public static bool Is(EtcdMember listed, RestoreMember member) =>
        listed.Name == member.Name || (listed.Name.Length == 0 && listed.PeerUrls.Intersect(member.PeerUrls).Any());

    public static bool Is(EtcdMemberInfo listed, RestoreMember member) =>
        listed.Name == member.Name || (listed.Name.Length == 0 && listed.PeerUrls.Intersect(member.PeerUrls).Any());

    /// <summary>Connects through the other members.</summary>
    public static Task<IEtcdCluster> ConnectAsync(RestoreScope scope, RestoreMember member, CancellationToken cancellationToken) =>
        scope.ConnectAsync(cancellationToken, [.. scope.Plan.Members.Where(other => other.Name != member.Name)]);
}
