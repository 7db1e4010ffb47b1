using System.Globalization;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Services;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Restores.Assessing;

/// <summary>Looks at a cluster and all its machines, ranks what it could be restored from, and makes the plan. Changes nothing.</summary>
public sealed class RestoreAssessor(Estate estate, IRestoreWorld world, TimeProvider? time = null)
{
    /// <summary>The finding of a cluster whose clients nobody keeps out while it is restored.</summary>
    internal const string WritersNotNamed = "WritersNotNamed";

    // A repository that is gone with its region must not hold up the restore from what the members have.
    private static readonly TimeSpan RepositoryPatience = TimeSpan.FromSeconds(20);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Makes the plan.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="steps">Told of each step.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ClusterHasQuorumException">The cluster serves, and no loss was named.</exception>
    /// <exception cref="DataLossNotAcceptedException">The source that was chosen is worse than another, and the loss was not accepted.</exception>
    /// <exception cref="NoRestoreSourceException">There is nothing to restore from.</exception>
    public async Task<RestorePlan> AssessAsync(RestoreRequest request, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        var connection = world.Connection(request.Cluster);
        var section = estate.Clusters[request.Cluster];
        if (section.Members.Count == 0)
        {
            throw new ClusterMembersNotKnownException(request.Cluster);
        }

        if (request.Member is { } name && !section.Members.ContainsKey(name))
        {
            throw new MemberNotFoundException(name, [.. section.Members.Keys]);
        }

        if (request is { Member: not null, Members.Count: > 0 })
        {
            throw new MemberOfOthersException(request.Cluster, request.Member);
        }

        steps?.Report($"Looking at {section.Members.Count + request.Members.Count} members on their machines.");
        var members = await LookAsync(request, section, cancellationToken).ConfigureAwait(false);
        steps?.Report("Asking the cluster.");
        var live = await LiveView.LookAsync(
            world, connection with { Endpoints = [.. members.SelectMany(member => member.Member.ClientUrls)] }, cancellationToken).ConfigureAwait(false);
        var plan = await WithOthersAsync(PlanOf(request, section, members), request, cancellationToken).ConfigureAwait(false);
        if (request.Member is { } replaced)
        {
            return live.HasQuorum
                ? plan with { ReplacedMember = replaced, TargetVersion = live.Version }
                : throw new ClusterHasNoQuorumException(request.Cluster, replaced, live.Problem ?? "");
        }

        RefuseQuorum(request, live);
        RefuseUnseen(request, members, live);
        var folder = world.WorkFolder($"assess-{Guid.NewGuid():N}");
        try
        {
            return await WithSourceAsync(plan, request, members, live, folder, steps, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private async Task<AssessedMember[]> LookAsync(RestoreRequest request, ClusterSection section, CancellationToken cancellationToken)
    {
        async Task<AssessedMember> One(string name, MemberSection member)
        {
            try
            {
                return await new MemberAssessor(world).AssessAsync(name, member, keepsName: request.Members.Count == 0, cancellationToken).ConfigureAwait(false);
            }
            catch (HostUnreachableException e) when (request.Members.Count > 0)
            {
                throw new FormerMemberNotReachableException(name, member.Host, e);
            }
        }

        return await Task.WhenAll(section.Members.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => One(pair.Key, pair.Value))).ConfigureAwait(false);
    }

    // The old members stay in the plan: the data may come from one of them, and all of them must be down before the new ones start.
    private async Task<RestorePlan> WithOthersAsync(RestorePlan plan, RestoreRequest request, CancellationToken cancellationToken)
    {
        if (request.Members.Count == 0)
        {
            return plan;
        }

        var others = await Task.WhenAll(request.Members.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => new MemberAssessor(world).AssessAsync(pair.Key, pair.Value, keepsName: false, cancellationToken))).ConfigureAwait(false);
        var made = plan with { Former = plan.Members, Members = [.. others.Select(member => member.Member)] };
        foreach (var member in made.Members)
        {
            if (made.Members.FirstOrDefault(other => other != member && (other.IsSamePlace(member) || other.IsSameService(member))) is { } twin)
            {
                throw new MemberNotRestorableException(member.Name, $"it has the service or the data directory of {twin.Name}.", "Give each member a service and a data directory of its own.");
            }
        }

        return made;
    }

    internal static string WritersNotNamedText(string cluster) =>
        $"The estate names no writers of {cluster}: clients can write to the restored members before their health is proven, and what they write then is lost if the restore is undone. Name them under clusters.{cluster}.writers, or keep clients away by other means.";

    private static RestorePlan PlanOf(RestoreRequest request, ClusterSection section, AssessedMember[] members) => new()
    {
        Cluster = request.Cluster,
        Members = [.. members.Select(member => member.Member)],
        Token = request.Token ?? section.Token,
        BumpRevision = request.BumpRevision,
        Writers = [.. section.Writers.SelectMany(Services)],
        Restarts = [.. section.Restarts.SelectMany(Services)],
        AcceptedLoss = request.AcceptDataLoss,
        Checks = request.Checks,
        Repository = request.Repository ?? section.Repository,
        Rto = request.Rto ?? section.Rto,
        Rpo = request.Rpo ?? section.Rpo,
        OutageStart = request.OutageStart,
    };

    private static IEnumerable<ServiceOptions> Services(ServiceSection section) => section.Hosts.Select(host => new ServiceOptions
    {
        Name = section.Name,
        Host = host,
        Kind = section.Type,
        Manifest = section.Manifest,
        StartCommand = section.Start,
        StopCommand = section.Stop,
        StatusCommand = section.Status,
        Ports = section.Ports,
        ProcessText = section.Process,
    });

    private static void RefuseQuorum(RestoreRequest request, LiveView live)
    {
        if (live.HasQuorum && request.AcceptDataLoss is null)
        {
            var failed = live.Members.Where(member => !member.IsReachable).Select(member => member.ToString()).ToList();
            throw ClusterHasQuorumException.Of(
                request.Cluster, [.. live.Answering.Select(member => member.ToString())], failed, live.Revision, request.Snapshot?.Revision ?? 0);
        }
    }

    // A wrong address, certificate or password looks like an outage from here, and is none for others.
    private static void RefuseUnseen(RestoreRequest request, AssessedMember[] members, LiveView live)
    {
        var running = members.Where(member => member.State.Activity == ServiceActivity.Up).Select(member => member.Member.Name).ToList();
        if (live.Answering.Count == 0 && running.Count > members.Length / 2 && request.AcceptDataLoss is null)
        {
            throw new ClusterNotSeenException(request.Cluster, running, live.Problem ?? "");
        }
    }

    private async Task<RestorePlan> WithSourceAsync(
        RestorePlan plan, RestoreRequest request, AssessedMember[] members, LiveView live, string folder, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        var findings = new List<RecoveryFinding>();
        var lastWrite = live.HasQuorum ? _time.GetUtcNow() : members.Max(member => member.LastWrite);
        var survivor = Survivor(plan, live);
        var stopped = survivor is null
            ? await BestStoppedAsync(members, live, folder, findings, steps, cancellationToken).ConfigureAwait(false)
            : null;
        var best = survivor is not null ? OfSurvivor(survivor)
            : stopped is not null ? OfStopped(stopped)
            : null;
        var clusterId = live.ClusterId ?? stopped?.ClusterId;
        var stored = await StoredAsync(plan, isNeeded: request.Snapshot is null && (best is null || live.HasQuorum), findings, steps, cancellationToken).ConfigureAwait(false);

        RestoreSource chosen;
        if (request.Snapshot is { } snapshot)
        {
            chosen = await SourceOf.SnapshotAsync(snapshot, cancellationToken).ConfigureAwait(false);
        }
        else if (best is not null && !live.HasQuorum && !(stored is not null && IsFurther(stored, best, clusterId)))
        {
            chosen = best;
        }
        else
        {
            chosen = stored?.Source ?? throw Nothing(plan, Tried(live, members, findings));
            Tell(stored, live.HasQuorum ? null : best, findings);
        }

        var loss = Loss(chosen, lastWrite, request);
        RequireAccepted(request, chosen, Better(request, chosen, best, stored, live, clusterId), loss);
        findings.AddRange(Findings(chosen, stopped, survivor, live, members));
        if (plan.Writers.Count == 0)
        {
            findings.Add(new RecoveryFinding(RecoverySeverity.Warning, WritersNotNamed, WritersNotNamedText(plan.Cluster)));
        }

        if (plan.Former.Count > 0)
        {
            findings.Add(new RecoveryFinding(
                RecoverySeverity.Warning,
                "EstateNamesOldMembers",
                $"{plan.Cluster} now has the members {string.Join(", ", plan.Members.Select(member => member.Name))}: name these in the estate in place of {string.Join(", ", plan.Former.Select(member => member.Name))}."));
        }

        return plan with
        {
            Source = chosen,
            ProtectFrom = survivor?.Name ?? (live.HasQuorum ? plan.Old.FirstOrDefault(member => live.Answering.Any(other => other.Name == member.Name))?.Name : null),
            NewestRevision = Newest(live, stopped, best) is { } newest ? Math.Max(newest, chosen.Revision) : null,
            TargetVersion = live.Version,
            MeasuredLoss = loss,
            Findings = findings,
        };
    }

    // Without a quorum the one that has applied most: everything that a client was ever told to be committed is in the majority's logs, and of
    // those who are left it has seen most.
    private static EtcdMemberInfo? Survivor(RestorePlan plan, LiveView live) => live.Answering
        .Where(member => !member.IsLearner && plan.Old.Any(other => other.Name == member.Name))
        .OrderByDescending(member => member.RaftTerm).ThenByDescending(member => member.RaftAppliedIndex).ThenByDescending(member => member.Revision)
        .FirstOrDefault();

    private async Task<StoppedDatabase?> BestStoppedAsync(
        AssessedMember[] members, LiveView live, string folder, List<RecoveryFinding> findings, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        // Each lies on a machine of its own: copies of gigabytes are fetched side by side.
        var silent = members.Where(member => member.Database is not null && live.Answering.All(other => other.Name != member.Member.Name)).ToList();
        var read = await Task.WhenAll(silent.Select(member => ReadStoppedAsync(member, folder, steps, cancellationToken))).ConfigureAwait(false);
        StoppedDatabase? best = null;
        foreach (var (found, told) in read)
        {
            findings.AddRange(told);
            if (found is not null && !(found.Revision <= best?.Revision))
            {
                best = found;
            }
        }

        return best;
    }

    private async Task<(StoppedDatabase? Found, List<RecoveryFinding> Told)> ReadStoppedAsync(
        AssessedMember member, string folder, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        var told = new List<RecoveryFinding>();
        if (member.State.Activity != ServiceActivity.Down)
        {
            // Hung, or without the others never ready: the run stops it before it takes the database, and verifies it then.
            told.Add(new RecoveryFinding(
                RecoverySeverity.Warning, "MemberNotDown", $"{member.Member.Name} does not answer, and is not down either ({member.State.Evidence}): it is stopped before its database is taken."));
        }

        steps?.Report($"Verifying the database of {member.Member.Name}, which does not answer.");
        return (await StoppedDatabase.ReadAsync(world, member, folder, told, _time, cancellationToken).ConfigureAwait(false), told);
    }

    private static RestoreSource OfSurvivor(EtcdMemberInfo member) =>
        new() { Kind = RestoreSourceKind.Survivor, Member = member.Name, Revision = member.Revision, Size = member.DbSize };

    private static RestoreSource OfStopped(StoppedDatabase database) => new()
    {
        Kind = RestoreSourceKind.StoppedMember,
        Member = database.Member.Member.Name,
        Revision = database.Revision,
        Size = database.Size,
        Taken = database.Written,
    };

    // The last moment at which the old cluster is known to have accepted a write, or the given start of the outage, minus the source's time.
    private static TimeSpan? Loss(RestoreSource source, DateTimeOffset? lastWrite, RestoreRequest request)
    {
        if (source.Kind == RestoreSourceKind.Survivor)
        {
            return TimeSpan.Zero;
        }

        var last = request.OutageStart ?? lastWrite;
        return source.Taken is { } taken && last is { } moment ? (moment > taken ? moment - taken : TimeSpan.Zero) : null;
    }

    // The newest backup, where there is one. What members hold is enough where the repository does not answer, and the reader is told.
    private async Task<StoredSource?> StoredAsync(
        RestorePlan plan, bool isNeeded, List<RecoveryFinding> findings, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        if (plan.Repository is not { } name)
        {
            return null;
        }

        steps?.Report("Looking for the newest verified backup.");
        using var limit = new CancellationTokenSource(isNeeded ? Timeout.InfiniteTimeSpan : RepositoryPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        string problem;
        try
        {
            return await SourceOf.NewestBackupAsync(plan, world, name, either.Token).ConfigureAwait(false);
        }
        catch (RecoveryException e) when (!isNeeded)
        {
            problem = e.Message;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            problem = $"it did not answer within {RepositoryPatience.TotalSeconds:N0} s.";
        }

        findings.Add(new RecoveryFinding(RecoverySeverity.Warning, "RepositoryNotRead", $"Whether {name} holds a better source is not known: {problem}"));
        return null;
    }

    private NoRestoreSourceException Nothing(RestorePlan plan, string tried) => new(
        plan.Cluster, plan.Repository is { } name ? $"{tried} {estate.Describe(name).Uri} holds no backup of it." : $"{tried} The estate names no repository for it.");

    // A member may have been away for long: what it holds is then the beginning of what a later backup of the same cluster holds.
    private static bool IsFurther(StoredSource backup, RestoreSource member, string? clusterId) =>
        backup.Source.Revision > member.Revision
        && (backup.ClusterId is null || clusterId is null || backup.ClusterId == clusterId)
        && (member.Taken is not { } written || backup.Source.Taken > written);

    private static void Tell(StoredSource stored, RestoreSource? passedOver, List<RecoveryFinding> findings)
    {
        if (!stored.IsVerified)
        {
            findings.Add(new RecoveryFinding(RecoverySeverity.Warning, "BackupNotVerified", $"No backup was ever verified: {stored.Source.Name} is the newest, and is verified before anything is stopped."));
        }

        if (passedOver is not null)
        {
            findings.Add(new RecoveryFinding(RecoverySeverity.Warning, "MemberBehindBackup", string.Create(
                CultureInfo.InvariantCulture,
                $"{stored.Source.Name} (revision {stored.Source.Revision:N0}) is restored: {passedOver} is at revision {passedOver.Revision:N0} only{(passedOver.Taken is { } written ? $", last written {written.UtcDateTime:u}" : "")}.")));
        }
    }

    // What would lose less than the source that was named, or taken over a living quorum; null where nothing would.
    private static string? Better(RestoreRequest request, RestoreSource chosen, RestoreSource? best, StoredSource? stored, LiveView live, string? clusterId)
    {
        if (chosen.Kind < RestoreSourceKind.Backup)
        {
            return null;
        }

        if (live.HasQuorum)
        {
            return $"the cluster itself serves at revision {live.Revision.ToString("N0", CultureInfo.InvariantCulture)}.";
        }

        // Whose a file is nothing proves.
        var named = new StoredSource(chosen, request.Snapshot is { } snapshot ? snapshot.Manifest?.Cluster.Id : stored?.ClusterId, IsVerified: true);
        if (best is not null && !(chosen.Kind == RestoreSourceKind.Backup && IsFurther(named, best, clusterId)))
        {
            return $"{best} is at revision {best.Revision.ToString("N0", CultureInfo.InvariantCulture)}.";
        }

        return request.Snapshot is not null && stored is { IsVerified: true } && stored.Source.Name != chosen.Name && IsFurther(stored, chosen, named.ClusterId)
            ? $"{stored.Source.Name} is at revision {stored.Source.Revision.ToString("N0", CultureInfo.InvariantCulture)}."
            : null;
    }

    private void RequireAccepted(RestoreRequest request, RestoreSource chosen, string? better, TimeSpan? measured)
    {
        // The age is the upper bound where nothing tells the last write.
        var loss = measured ?? (chosen.Kind >= RestoreSourceKind.Backup && chosen.Taken is { } taken ? _time.GetUtcNow() - taken : null);
        var isTooMuch = request.AcceptDataLoss is { } accepted ? loss > accepted || (better is not null && loss is null) : better is not null;
        if (isTooMuch)
        {
            throw new DataLossNotAcceptedException(request.Cluster, chosen.Name ?? chosen.ToString(), loss, request.AcceptDataLoss, better ?? "");
        }
    }

    private static long? Newest(LiveView live, StoppedDatabase? stopped, RestoreSource? best) =>
        live.Answering.Count > 0 ? live.Revision : stopped is not null ? Math.Max(1, stopped.Revision) + (stopped.Beyond ?? 0) : best?.Revision;

    private static IEnumerable<RecoveryFinding> Findings(
        RestoreSource chosen, StoppedDatabase? stopped, EtcdMemberInfo? survivor, LiveView live, AssessedMember[] members)
    {
        if (chosen.Kind == RestoreSourceKind.StoppedMember)
        {
            yield return stopped!.Finding();
        }

        if (chosen.Kind == RestoreSourceKind.Survivor)
        {
            var others = members.Where(member => live.Answering.All(other => other.Name != member.Member.Name)).Select(member => member.Member.Name).ToList();
            if (others.Count > 0)
            {
                yield return new RecoveryFinding(
                    RecoverySeverity.Warning,
                    "SurvivorMayLack",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Everything that {survivor!.Name} had received up to raft index {survivor.RaftAppliedIndex:N0} is restored. What {string.Join(", ", others)} acknowledged without it may be missing."));
            }
        }
    }

    private static string Tried(LiveView live, AssessedMember[] members, List<RecoveryFinding> findings)
    {
        var without = members.Where(member => member.Database is null).Select(member => member.Member.Name).ToList();
        return string.Join(" ", new[]
        {
            live.Problem is null ? "" : $"no member answers ({live.Problem})",
            without.Count == 0 ? "" : $"{string.Join(", ", without)} hold no database.",
        }.Concat(findings.Select(finding => finding.Text)).Where(text => text.Length > 0));
    }
}
