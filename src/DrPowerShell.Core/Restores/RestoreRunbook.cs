using System.Security.Cryptography;
using System.Text;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Services;

namespace DrPowerShell.Core.Restores;

/// <summary>Makes the steps of a restore from its plan: the same plan always gives the same steps.</summary>
/// <param name="plan">The plan.</param>
/// <param name="world">What is outside.</param>
/// <param name="earlier">Earlier restores of the cluster, for the estimates; null for none.</param>
public sealed class RestoreRunbook(RestorePlan plan, IRestoreWorld world, EarlierRuns? earlier = null)
{
    // What a database's size is worth in time where no earlier run tells: a copy, its digest, and what is read again.
    private const double BytesPerSecond = 150e6;

    private static readonly StepRetry Network = new(3, TimeSpan.FromSeconds(1));
    private readonly RestoreScope _scope = new(plan, world);

    /// <summary>Makes the runbook.</summary>
    public Runbook Create()
    {
        var json = RunFacts.ToJson(plan);
        IReadOnlyList<RunbookStep> steps = plan.ReplacedMember is null ? [.. Whole()] : [.. new MemberReplacement(_scope).Steps()];
        foreach (var step in steps)
        {
            if (earlier?.Of(step) is { } known)
            {
                (step.Estimate, step.EarlierRuns) = known;
            }
        }

        var guard = new LockGuard(_scope, plan.ReplacedMember is { } replaced ? [plan.Member(replaced)] : [.. Locked().Select(one => one.Member)]);
        return new Runbook
        {
            Kind = RestorePlan.RunbookKind,
            Target = plan.Cluster,
            Plan = json,
            Digest = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(RunFacts.ToJson(plan.Approved()).GetRawText()))).ToLowerInvariant(),
            Steps = steps,
            Guard = guard.RequireAsync,
            PointOfNoReturn = guard.MarkPastAsync,
            RecoveryTimeObjective = plan.Rto,
            RecoveryPointObjective = plan.Rpo,
            OutageStart = plan.OutageStart,
        };
    }

    private TimeSpan Copying => TimeSpan.FromSeconds(1 + ((plan.Source?.Size ?? 0) / BytesPerSecond));

    // Room for a network and a disk that are ten times slower than usual.
    private TimeSpan CopyTimeout => TimeSpan.FromMinutes(5) + (Copying * 20);

    private IEnumerable<RunbookStep> Whole() =>
        [.. Assess(), .. Approve(), .. Quiesce(), .. Protect(), .. Stop(), .. Restore(), .. Start(), .. Switch(), .. Verify(), .. Record()];

    private IEnumerable<RunbookStep> Assess()
    {
        foreach (var member in plan.Members)
        {
            yield return new ReachStep(_scope, member)
            {
                Id = $"reach-{member.Name}", Phase = RecoveryPhase.Assess, Host = member.Host, Retry = Network, Timeout = TimeSpan.FromMinutes(1), Estimate = TimeSpan.FromSeconds(1),
                Title = "reach the host, find the data directory, check space", Commands = [$"df {member.DataDirectory}"],
            };
        }

        foreach (var member in plan.Retired)
        {
            yield return new ReachStep(_scope, member)
            {
                Id = $"reach-old-{member.Name}", Phase = RecoveryPhase.Assess, Host = member.Host, Retry = Network, Timeout = TimeSpan.FromMinutes(1), Estimate = TimeSpan.FromSeconds(1),
                Title = "reach the host of an old member", NeedsRoom = false,
            };
        }

        if (plan.Source is { Kind: RestoreSourceKind.Backup or RestoreSourceKind.File } source)
        {
            yield return new FetchSourceStep(_scope)
            {
                Id = "fetch-source", Phase = RecoveryPhase.Assess, Title = $"{(source.Kind == RestoreSourceKind.Backup ? "fetch and verify" : "verify")} {source}",
                Retry = Network, Timeout = CopyTimeout, Estimate = Copying, Bytes = source.Size, UndoTitle = "remove what was fetched",
            };
            yield return new ImpactStep(_scope)
            {
                Id = "measure-impact", Phase = RecoveryPhase.Assess, Title = "measure what it destroys", After = ["fetch-source"], Timeout = CopyTimeout, Estimate = Copying,
            };
        }
    }

    private IEnumerable<RunbookStep> Approve()
    {
        if (world.Approval(plan) is { } approval)
        {
            yield return approval;
        }

        foreach (var (member, name) in Locked())
        {
            yield return new LockStep(_scope, member)
            {
                Id = $"lock-{name}", Phase = RecoveryPhase.Approve, Host = member.Host, Title = "keep other runs away", Retry = Network, IsChange = true,
                Timeout = TimeSpan.FromMinutes(1), UndoTitle = "let other runs in again", Commands = [$"create {member.LockFile}"], IsLock = true, HoldsUntil = $"unlock-{name}",
                After = world.Approval(plan) is { } first ? [first.Id] : [],
            };
        }
    }

    // A data directory has one lock, whichever members have it before and after.
    private IEnumerable<(RestoreMember Member, string Name)> Locked() => Named(Leaving());

    // All new members, and some of the old under names that no new one has.
    private IEnumerable<(RestoreMember Member, string Name)> Named(IEnumerable<RestoreMember> old) =>
        plan.Members.Select(member => (member, member.Name)).Concat(old.Select(member => (member, $"old-{member.Name}")));

    // Old members whose data is not exchanged for that of a new one.
    private IEnumerable<RestoreMember> Leaving() => plan.Retired.Where(old => !plan.Members.Any(old.IsSamePlace));

    private IEnumerable<RunbookStep> Quiesce() =>
        plan.Writers.Select(writer => new StopServiceStep(_scope, writer)
        {
            Id = $"quiesce-{writer.Host}-{writer.Name}", Phase = RecoveryPhase.Quiesce, Host = writer.Host, Title = $"stop {writer.Name}; prove it down",
            IsChange = true, UndoTitle = $"start {writer.Name} again", Estimate = TimeSpan.FromSeconds(3), Commands = [Act("stop", writer)],
            HoldsUntil = $"admit-{writer.Host}-{writer.Name}",
        });

    private IEnumerable<RunbookStep> Protect()
    {
        yield return new NoteClusterStep(_scope)
        {
            Id = "note-cluster", Phase = RecoveryPhase.Protect, Title = "note whether the cluster has a quorum", UndoTitle = "prove that the old cluster is back as it was",
        };
        if (plan.ProtectFrom is { } name)
        {
            yield return new ProtectStep(_scope, plan.OldMember(name))
            {
                Id = $"protect-{name}", Phase = RecoveryPhase.Protect, Host = plan.OldMember(name).Host, Title = $"last snapshot of {name}, which still answers",
                IsRequired = plan.Source is { Kind: RestoreSourceKind.Survivor }, Retry = Network, Timeout = CopyTimeout, Estimate = Copying, Bytes = plan.Source?.Size ?? 0,
            };
        }
    }

    private IEnumerable<RunbookStep> Stop() => Named(plan.Retired).Select(one => new StopServiceStep(_scope, one.Member.Service)
    {
        Id = $"stop-{one.Name}", Phase = RecoveryPhase.Stop, Host = one.Member.Host, Title = "stop etcd; prove it down", IsChange = true,
        UndoTitle = "start the old etcd again, if it was up", Estimate = TimeSpan.FromSeconds(3), Commands = [Act("stop", one.Member.Service)],
        HoldsUntil = plan.Members.Contains(one.Member) ? $"start-{one.Name}" : "record",
    });

    private IEnumerable<RunbookStep> Restore()
    {
        List<string> before = [];
        if (plan.Source is { Kind: RestoreSourceKind.StoppedMember, Member: { } from })
        {
            var member = plan.OldMember(from);
            before.Add("take-source");
            yield return new TakeSourceStep(_scope, member)
            {
                Id = "take-source", Phase = RecoveryPhase.Restore, Host = member.Host, Title = $"copy the database of {from}, and verify it", Retry = Network, Timeout = CopyTimeout,
                Estimate = Copying * 2, Bytes = plan.Source.Size, UndoTitle = "remove the copy", Commands = [$"cat {member.DataDirectory.TrimEnd('/')}/member/snap/db"],
            };
        }

        foreach (var (member, name) in Locked())
        {
            yield return new NoteStep(_scope, member)
            {
                Id = $"note-{name}", Phase = RecoveryPhase.Restore, Host = member.Host, Title = "note the digest of the old data", Timeout = CopyTimeout, Estimate = Copying / 2,
                Retry = Network, Commands = [$"sha256sum {member.Exchanged}/*"],
            };
        }

        yield return new BuildStep(_scope)
        {
            Id = "build", Phase = RecoveryPhase.Restore, Title = "build the data directories of all members from one read", After = before, Timeout = CopyTimeout * 2,
            Estimate = Copying, Bytes = plan.Source!.Size, UndoTitle = "remove what was built",
        };
        yield return new ProveImageStep(_scope)
        {
            Id = "prove-image", Phase = RecoveryPhase.Restore, Title = "verify the restored image, compute its HashKV", After = ["build"], Timeout = CopyTimeout, Estimate = Copying / 2,
        };
        foreach (var member in plan.Members)
        {
            yield return new PlaceStep(_scope, member)
            {
                Id = $"place-{member.Name}", Phase = RecoveryPhase.Restore, Host = member.Host, Title = "put the new data directory beside the old one; verify it", IsChange = true,
                After = ["build"], Timeout = CopyTimeout, Retry = Network, Estimate = Copying, Bytes = plan.Source.Size, UndoTitle = "remove the new data directory",
                Commands = [$"write {member.Staged("RUN")}"],
            };
        }

        // Not one old directory is touched before the new ones are all there.
        string[] placed = ["prove-image", .. Locked().Select(one => $"note-{one.Name}"), .. plan.Members.Select(member => $"place-{member.Name}")];
        foreach (var member in plan.Members)
        {
            yield return new ExchangeStep(_scope, member)
            {
                Id = $"exchange-{member.Name}", Phase = RecoveryPhase.Restore, Host = member.Host, Title = "park the old data, move the new in", IsChange = true, After = placed,
                Retry = Network, UndoTitle = "move the old data back", Commands = [$"mv {member.Exchanged} {member.Parked("RUN")}", $"mv {member.Arriving("RUN")} {member.Exchanged}"],
            };
            yield return new ConfigureStep(_scope, member)
            {
                Id = $"configure-{member.Name}", Phase = RecoveryPhase.Restore, Host = member.Host, Title = "set initial-cluster, its state and its token", IsChange = true,
                After = [$"exchange-{member.Name}"], Retry = Network, UndoTitle = "put the old configuration back", Commands = [Edit(member)],
            };
        }

        foreach (var member in Leaving())
        {
            yield return new ParkStep(_scope, member)
            {
                Id = $"park-old-{member.Name}", Phase = RecoveryPhase.Restore, Host = member.Host, Title = "park the data of an old member: it must not come up again", IsChange = true,
                After = placed, Retry = Network, UndoTitle = "move the old data back", Commands = [$"mv {member.Exchanged} {member.Parked("RUN")}"],
            };
            yield return new ConfigureStep(_scope, member)
            {
                Id = $"configure-old-{member.Name}", Phase = RecoveryPhase.Restore, Host = member.Host, Title = "keep an old member from making up a cluster of its own", IsChange = true,
                Retires = true, After = [$"park-old-{member.Name}"], Retry = Network, UndoTitle = "put the old configuration back", Commands = [Edit(member)],
            };
        }
    }

    private IEnumerable<RunbookStep> Start()
    {
        foreach (var member in plan.Members)
        {
            yield return new StartServiceStep(_scope, member.Service)
            {
                Id = $"start-{member.Name}", Phase = RecoveryPhase.Start, Host = member.Host, Title = "start etcd", IsChange = true, UndoTitle = "stop the new etcd; prove it down",
                Timeout = TimeSpan.FromMinutes(3), Estimate = TimeSpan.FromSeconds(3), Commands = [Act("start", member.Service)],
            };
        }

        yield return new LeaderStep(_scope)
        {
            Id = "leader", Phase = RecoveryPhase.Start, Host = "all", Title = "wait for a leader", After = [.. plan.Members.Select(member => $"start-{member.Name}")],
            Timeout = TimeSpan.FromMinutes(3), Estimate = TimeSpan.FromSeconds(3),
        };
        yield return new HealthStep(_scope)
        {
            Id = "health", Phase = RecoveryPhase.Health, Host = "all", Title = "quorum, members, alarms, HashKV equal", Timeout = TimeSpan.FromMinutes(2), Estimate = TimeSpan.FromSeconds(2),
        };
    }

    private IEnumerable<RunbookStep> Switch()
    {
        if (plan.Writers.Count == 0)
        {
            yield return new DeclareStep { Id = "admit-clients", Phase = RecoveryPhase.Switch, Host = "all", Title = "let clients in", LetsClientsIn = true };
        }

        foreach (var writer in plan.Writers)
        {
            yield return new StartServiceStep(_scope, writer)
            {
                Id = $"admit-{writer.Host}-{writer.Name}", Phase = RecoveryPhase.Switch, Host = writer.Host, Title = $"start {writer.Name}", IsChange = true, LetsClientsIn = true,
                Timeout = TimeSpan.FromMinutes(5), Estimate = TimeSpan.FromSeconds(5), Commands = [Act("start", writer)],
            };
        }

        foreach (var service in plan.Restarts)
        {
            yield return new StartServiceStep(_scope, service)
            {
                Id = $"restart-{service.Host}-{service.Name}", Phase = RecoveryPhase.Switch, Host = service.Host, Title = $"restart {service.Name}", IsChange = true, LetsClientsIn = true,
                Restart = true, After = [.. plan.Writers.Select(writer => $"admit-{writer.Host}-{writer.Name}")], Timeout = TimeSpan.FromMinutes(5), Estimate = TimeSpan.FromSeconds(5),
                Commands = [Act("restart", service)],
            };
        }
    }

    private IEnumerable<RunbookStep> Verify() => world.Checks(plan);

    private IEnumerable<RunbookStep> Record()
    {
        yield return new RecordStep(_scope) { Id = "record", Phase = RecoveryPhase.Record, Title = "measure against the targets; tell what is left", Retry = Network };
        foreach (var (member, name) in Locked())
        {
            yield return new UnlockStep(_scope, member)
            {
                Id = $"unlock-{name}", Phase = RecoveryPhase.Record, Host = member.Host, Title = "let other runs in again", After = ["record"], IsChange = true, Retry = Network,
                Commands = [$"remove {member.LockFile}"],
            };
        }
    }

    /// <summary>What a configure step does on the host, for those who read the plan.</summary>
    internal static string Edit(RestoreMember member) => member.Service.Kind switch
    {
        _ when member.Configuration is { } file => $"edit {file}",
        ServiceKind.StaticPod => $"edit {ManifestOf(member.Service)}",
        ServiceKind.Systemd => $"write a drop-in of {member.Service.Name}; systemctl daemon-reload",
        _ => "edit the configuration",
    };

    private static string ManifestOf(ServiceOptions service) => service.Manifest ?? $"/etc/kubernetes/manifests/{service.Name}.yaml";

    /// <summary>What a service is told on the host, for those who read the plan.</summary>
    internal static string Act(string act, ServiceOptions service) => service.Kind switch
    {
        ServiceKind.Systemd => $"systemctl {act} {service.Name}",
        ServiceKind.StaticPod => $"{(act == "stop" ? "move out" : "move in")} {ManifestOf(service)}",
        _ => (act == "stop" ? service.StopCommand : service.StartCommand) ?? act,
    };
}
