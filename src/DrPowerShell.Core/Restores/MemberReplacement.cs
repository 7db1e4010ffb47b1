using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Restores;

/// <summary>The steps that replace one member while the others serve.</summary>
/// <remarks>Once the old member is out of the member list it cannot come back with its data: that is the point of no return. The data stays parked.</remarks>
internal sealed class MemberReplacement(RestoreScope scope)
{
    private static readonly StepRetry Network = new(3, TimeSpan.FromSeconds(1));

    // etcd changes its members only when they have been connected for five seconds.
    private static readonly StepRetry Connected = new(5, TimeSpan.FromSeconds(1));

    public IEnumerable<RunbookStep> Steps()
    {
        var plan = scope.Plan;
        var member = plan.Member(plan.ReplacedMember!);
        var approval = scope.World.Approval(plan);
        yield return new ReachStep(scope, member)
        {
            Id = $"reach-{member.Name}", Phase = RecoveryPhase.Assess, Host = member.Host, Title = "reach the host, find the data directory, check space", Retry = Network,
            Commands = [$"df {member.DataDirectory}"],
        };
        yield return new OthersStep(scope, member)
        {
            Id = "others", Phase = RecoveryPhase.Assess, Host = "others", Title = "prove that the other members form a quorum", Estimate = TimeSpan.FromSeconds(1),
        };
        if (approval is not null)
        {
            yield return approval;
        }

        yield return new LockStep(scope, member)
        {
            Id = $"lock-{member.Name}", Phase = RecoveryPhase.Approve, Host = member.Host, Title = "keep other runs away", Retry = Network, IsChange = true,
            UndoTitle = "let other runs in again", Commands = [$"create {member.LockFile}"], IsLock = true, HoldsUntil = $"unlock-{member.Name}", After = approval is null ? [] : [approval.Id],
        };
        yield return new StopServiceStep(scope, member.Service)
        {
            Id = $"stop-{member.Name}", Phase = RecoveryPhase.Stop, Host = member.Host, Title = "stop etcd; prove it down", IsChange = true, UndoTitle = "start it again, if it was up",
            Estimate = TimeSpan.FromSeconds(3), HoldsUntil = $"start-{member.Name}", Commands = [RestoreRunbook.Act("stop", member.Service)],
        };
        yield return new NoteStep(scope, member)
        {
            Id = $"note-{member.Name}", Phase = RecoveryPhase.Stop, Host = member.Host, Title = "note the digest of the old data", After = [$"stop-{member.Name}"], Retry = Network,
            Timeout = TimeSpan.FromMinutes(10), Commands = [$"sha256sum {member.Exchanged}/*"],
        };
        yield return new ParkStep(scope, member)
        {
            Id = $"park-{member.Name}", Phase = RecoveryPhase.Restore, Host = member.Host, Title = "park the old data", IsChange = true, Retry = Network, UndoTitle = "move the old data back",
            Commands = [$"mv {member.Exchanged} {member.Parked("RUN")}"],
        };
        yield return new RejoinStep(scope, member)
        {
            Id = $"rejoin-{member.Name}", Phase = RecoveryPhase.Restore, Host = "others", Title = "remove the old member, add it anew as a learner", IsChange = true, LetsClientsIn = true,
            After = [$"park-{member.Name}"], Retry = Connected, Commands = [$"member remove {member.Name}", $"member add {member.Name} --learner --peer-urls {string.Join(',', member.PeerUrls.Select(RestorePlan.Trimmed))}"],
        };
        yield return new ConfigureStep(scope, member)
        {
            Id = $"configure-{member.Name}", Phase = RecoveryPhase.Restore, Host = member.Host, Title = "set initial-cluster and its state", IsChange = true,
            After = [$"rejoin-{member.Name}"], Retry = Network, UndoTitle = "put the old configuration back", Commands = [RestoreRunbook.Edit(member)],
        };
        yield return new StartServiceStep(scope, member.Service)
        {
            Id = $"start-{member.Name}", Phase = RecoveryPhase.Start, Host = member.Host, Title = "start etcd", IsChange = true, Timeout = TimeSpan.FromMinutes(3),
            Estimate = TimeSpan.FromSeconds(3), Commands = [RestoreRunbook.Act("start", member.Service)],
        };
        yield return new PromoteStep(scope, member)
        {
            Id = $"promote-{member.Name}", Phase = RecoveryPhase.Health, Host = "others", Title = "wait until it has caught up, give it its vote", IsChange = true,
            Timeout = TimeSpan.FromMinutes(30), Estimate = TimeSpan.FromSeconds(5), Commands = [$"member promote {member.Name}"],
        };
        yield return new HealthStep(scope)
        {
            Id = "health", Phase = RecoveryPhase.Health, Host = "all", Title = "quorum, members, alarms, HashKV equal", After = [$"promote-{member.Name}"],
            Timeout = TimeSpan.FromMinutes(2), Estimate = TimeSpan.FromSeconds(2),
        };
        foreach (var check in scope.World.Checks(scope.Plan))
        {
            yield return check;
        }

        yield return new RecordStep(scope) { Id = "record", Phase = RecoveryPhase.Record, Title = "tell what is left", Retry = Network };
        yield return new UnlockStep(scope, member)
        {
            Id = $"unlock-{member.Name}", Phase = RecoveryPhase.Record, Host = member.Host, Title = "let other runs in again", After = ["record"], IsChange = true, Retry = Network,
            Commands = [$"remove {member.LockFile}"],
        };
    }
}
