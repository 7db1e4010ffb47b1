using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Collecting;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Locking;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Repositories.Removing;

namespace DrPowerShell.Core.Retention;

/// <summary>Applies retention to a repository.</summary>
public sealed class RetentionRunner(SnapshotRepository repository, TimeProvider time)
{
    private const int ReadAhead = 16;

    /// <summary>Decides, and touches nothing.</summary>
    /// <param name="request">Whose backups, and what is to stay.</param>
    /// <param name="now">The time, by the store's clock where it is known.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>One plan a cluster.</returns>
    public async Task<IReadOnlyList<RetentionPlan>> PlanAsync(RetentionRequest request, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (candidates, damaged) = (new List<RetentionCandidate>(), new List<ManifestNotValidException>());
        var judging = new Queue<Task<RetentionCandidate>>();
        await foreach (var backup in repository.ListAsync(new BackupFilter { Cluster = request.Cluster }, new DamagedManifests(damaged), cancellationToken).ConfigureAwait(false))
        {
            judging.Enqueue(JudgeAsync(backup, cancellationToken));
            if (judging.Count >= ReadAhead)
            {
                candidates.Add(await judging.Dequeue().ConfigureAwait(false));
            }
        }

        while (judging.TryDequeue(out var judged))
        {
            candidates.Add(await judged.ConfigureAwait(false));
        }

        candidates.AddRange(damaged.Select(d => new RetentionCandidate(BackupNames.Read(d.Subject!.ToString()!).Id) { Unusable = "manifest damaged" }));
        return [.. candidates.GroupBy(c => c.Id.Cluster, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(cluster =>
            RetentionPlanner.Plan(repository.Options.Name, repository.Options.Place, cluster.Key, cluster, request.Policy, now, request.AcceptShrink))];
    }

    /// <summary>Removes what no rule keeps, under the repository's lock, and collects what dead backups left.</summary>
    /// <remarks>A cluster whose newest backup shrank loses nothing; the others have their turn first.</remarks>
    /// <param name="request">Whose backups, and what is to stay.</param>
    /// <param name="allowed">Which backups may be removed, asked before each; what is decided is decided anew under the lock.</param>
    /// <param name="decided">Is told each decision once it was carried out.</param>
    /// <param name="collected">Is told each leftover that was collected.</param>
    /// <param name="patience">How long to wait for another run.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="RepositoryBusyException">Another run removes or collects there.</exception>
    /// <exception cref="SuspiciousShrinkException">Nothing of a cluster was removed; the other clusters had their turn.</exception>
    public async Task RunAsync(
        RetentionRequest request,
        Func<BackupId, bool> allowed,
        IProgress<RetentionDecision> decided,
        IProgress<CollectedObject>? collected,
        TimeSpan patience,
        CancellationToken cancellationToken)
    {
        var held = await RepositoryLock.TakeAsync(repository.Store, RepositoryLock.Removal, "retention", patience, time, cancellationToken).ConfigureAwait(false);
        await using var release = held.ConfigureAwait(false);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(held.Lost, cancellationToken);
        try
        {
            var remover = new BackupRemover(repository, time);
            var plans = await PlanAsync(request, held.StoreTime, ending.Token).ConfigureAwait(false);
            foreach (var plan in plans)
            {
                foreach (var decision in plan.Decisions)
                {
                    decided.Report(plan.Shrink is null && !decision.Keep && allowed(decision.Backup)
                        ? await RemoveAsync(remover, decision, ending.Token).ConfigureAwait(false)
                        : decision);
                }
            }

            if (request.Collect)
            {
                await CollectAsync(held, collected, ending.Token).ConfigureAwait(false);
            }

            if (plans.FirstOrDefault(p => p.Shrink is not null)?.Shrink is { } shrink)
            {
                throw shrink;
            }
        }
        catch (OperationCanceledException) when (held.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RepositoryLockLostException(repository.Store.Location);
        }
    }

    private static async Task<RetentionDecision> RemoveAsync(BackupRemover remover, RetentionDecision decision, CancellationToken cancellationToken)
    {
        try
        {
            await remover.RemoveAsync(decision.Backup, cancellationToken).ConfigureAwait(false);
            return decision with { IsRemoved = true };
        }
        catch (BlobLockedException e)
        {
            // Longer than its manifest says: somebody extended it.
            return decision with { Rules = [e.Until is { } until ? $"locked until {until.ToUniversalTime():u}" : "locked"] };
        }
        catch (BackupNotFoundException)
        {
            return decision with { IsRemoved = true };
        }
    }

    private async Task CollectAsync(RepositoryLock held, IProgress<CollectedObject>? collected, CancellationToken cancellationToken)
    {
        var collector = new RepositoryCollector(repository);
        var leftovers = new List<CollectedObject>();
        await foreach (var leftover in collector.FindAsync(held.StoreTime, cancellationToken).ConfigureAwait(false))
        {
            leftovers.Add(leftover);
        }

        foreach (var leftover in leftovers)
        {
            if (await collector.CollectAsync(leftover, held.StoreTime, cancellationToken).ConfigureAwait(false))
            {
                collected?.Report(leftover);
            }
        }
    }

    private async Task<RetentionCandidate> JudgeAsync(StoredBackup backup, CancellationToken cancellationToken)
    {
        var (manifest, trust) = (backup.Manifest, repository.Options.Trust);
        var proof = await ProofReader.FindNewestAsync(repository, backup, cancellationToken).ConfigureAwait(false);
        return new(backup.Id)
        {
            Time = manifest.Origin == BackupOrigin.Imported && manifest.Created < backup.Id.Time ? manifest.Created : backup.Id.Time,
            IsVerified = proof is { IsValid: true, Level: "Full" or "Boot" } || backup.IsVerified,
            LockedUntil = manifest.Retention?.Until,
            Bytes = manifest.Plain.Size,
            Keys = manifest.KeyCount ?? proof?.KeyCount,
            // Whoever may write there could otherwise push out good backups with made-up ones.
            Unusable = backup.Signature == SignatureState.Invalid || (trust.IsRequired && backup.Signature != SignatureState.Trusted) ? "not trusted"
                : proof is { IsValid: false } ? "found damaged"
                : null,
        };
    }

    private sealed class DamagedManifests(List<ManifestNotValidException> list) : IProgress<ManifestNotValidException>
    {
        public void Report(ManifestNotValidException value)
        {
            lock (list)
            {
                list.Add(value);
            }
        }
    }
}
