using DrPowerShell.Core.Repositories.Collecting;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Repositories.Checking;

/// <summary>Checks that everything in a repository can still be restored, and that it keeps what was promised of it.</summary>
public sealed class RepositoryCheck(SnapshotRepository repository, TimeProvider? timeProvider = null)
{
    private const int AtOnce = 16;

    private static readonly TimeSpan ClockSlack = TimeSpan.FromMinutes(5);

    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Checks. Whatever is wrong with backups is a finding; what keeps the repository from being read at all is thrown.</summary>
    public async Task<RepositoryCheckResult> RunAsync(RepositoryCheckOptions options, IProgress<RepositoryCheckProgress>? progress, CancellationToken cancellationToken)
    {
        var (started, began, findings) = (_time.GetTimestamp(), _time.GetUtcNow(), new List<RepositoryFinding>());
        progress?.Report(new("Reading manifests and proofs"));
        var inventory = await Inventory.ReadAsync(repository, options.Cluster, withProofs: true, cancellationToken).ConfigureAwait(false);
        var now = CheckClock(inventory, began, findings);
        AddDamaged(inventory, findings);
        progress?.Report(new("Counting copies"));
        var copies = await CopyCount.ReadAsync(options, findings, cancellationToken).ConfigureAwait(false);
        var objects = new ObjectChecks(repository, inventory, copies, now);
        await CheckObjectsAsync(objects, inventory, findings, cancellationToken).ConfigureAwait(false);
        var pass = new ReverificationPass(repository, options, objects, _time);
        await pass.RunAsync(Candidates(inventory, options, now), findings, progress, cancellationToken).ConfigureAwait(false);
        CheckProofs(inventory, options, pass, now, findings);
        foreach (var item in inventory.Items)
        {
            copies.Check(repository.Options, item, options.Expectations, findings);
        }

        var newest = CheckNewest(inventory, options, now, findings);
        progress?.Report(new("Looking for leftovers"));
        await CheckLeftoversAsync(options, copies, now, findings, cancellationToken).ConfigureAwait(false);
        return new()
        {
            Repository = repository.Options.Name,
            Location = repository.Store.Location,
            Backups = inventory.Items.Count + inventory.Damaged.Count,
            Newest = newest,
            Rpo = options.Expectations.Rpo,
            Proven = inventory.Items.Count(i => IsProven(i, pass)),
            Reverified = pass.Results.Count,
            BytesRead = pass.Bytes,
            Findings = [.. findings.OrderByDescending(f => f.Severity).ThenByDescending(f => f.Backup, StringComparer.Ordinal)],
            Checked = now,
            Duration = _time.GetElapsedTime(started),
        };
    }

    private static bool IsProven(InventoryItem item, ReverificationPass pass) =>
        !item.IsBroken
        && (item.Backup.IsVerified || item.Proof is { IsValid: true, Level: "Full" or "Boot" }
            || (pass.Results.TryGetValue(item.Backup.Id, out var result) && result is { IsValid: true, Level: >= VerificationLevel.Full }));

    // A machine whose clock is slow must not call old backups young.
    private static DateTimeOffset CheckClock(Inventory inventory, DateTimeOffset now, List<RepositoryFinding> findings)
    {
        var newest = inventory.Blobs.Values.Select(b => b.Modified).DefaultIfEmpty(now).Max();
        if (newest <= now + ClockSlack)
        {
            return now;
        }

        findings.Add(new(FindingSeverity.Warning, "ClockDiffers", Backup: null,
            $"An object was stored at {newest.ToUniversalTime():u} by the store's clock, and here it is {now.ToUniversalTime():u}: one of the two clocks is wrong."));
        return newest;
    }

    private static void AddDamaged(Inventory inventory, List<RepositoryFinding> findings)
    {
        foreach (var damaged in inventory.Damaged)
        {
            findings.Add(new(FindingSeverity.Error, "ManifestDamaged", BackupNames.Read(damaged.Subject!.ToString()!).Id.ToString(), damaged.Message));
        }
    }

    private static async Task CheckObjectsAsync(ObjectChecks objects, Inventory inventory, List<RepositoryFinding> findings, CancellationToken cancellationToken)
    {
        foreach (var items in inventory.Items.Chunk(AtOnce))
        {
            foreach (var found in await Task.WhenAll(items.Select(item => objects.CheckAsync(item, cancellationToken))).ConfigureAwait(false))
            {
                findings.AddRange(found);
            }
        }
    }

    private TimeSpan? ProofEvery(RepositoryCheckOptions options) => (options.Expectations.ProofEvery, repository.Options.ProofEvery) switch
    {
        ({ } asked, { } demanded) => asked < demanded ? asked : demanded,
        var (asked, demanded) => asked ?? demanded,
    };

    // The longest unproven first; what is known to be gone or changed needs no reading.
    private List<InventoryItem> Candidates(Inventory inventory, RepositoryCheckOptions options, DateTimeOffset now)
    {
        var all = inventory.Items.Where(i => !i.IsBroken).OrderBy(i => i.LastProof ?? DateTimeOffset.MinValue).ThenBy(i => i.Backup.Id.Time);
        return options.Reverify switch
        {
            Reverification.All => [.. all],
            Reverification.Overdue when ProofEvery(options) is { } every => [.. all.Where(i => !(now - i.LastProof <= every))],
            _ => [],
        };
    }

    private void CheckProofs(Inventory inventory, RepositoryCheckOptions options, ReverificationPass pass, DateTimeOffset now, List<RepositoryFinding> findings)
    {
        var every = ProofEvery(options);
        foreach (var item in inventory.Items)
        {
            var (id, result) = (item.Backup.Id, pass.Results.GetValueOrDefault(item.Backup.Id));
            if (result is null && !item.IsBroken && item.Proof is { IsValid: false } bad)
            {
                item.IsBroken = true;
                findings.Add(new(FindingSeverity.Error, "ProofSaysDamaged", id.ToString(),
                    $"It was found damaged on {bad.Time.ToUniversalTime():u} by {bad.Host}: {(bad.Findings is [var first, ..] ? first.Text : "no reason was given.")}"));
            }

            var isProvenNow = result is { IsValid: true } && (result.Level > VerificationLevel.None || item.Backup.Manifest.Encryption is null);
            if (every is { } limit && !item.IsBroken && !isProvenNow && !(now - item.LastProof <= limit))
            {
                findings.Add(new(FindingSeverity.Warning, "ProofOverdue", id.ToString(), item.LastProof is { } last
                    ? $"It was last proven on {last.ToUniversalTime():u}; a proof is asked for every {limit.TotalDays:0.#} days{Hint(item)}."
                    : $"It was never proven; a proof is asked for every {limit.TotalDays:0.#} days{Hint(item)}."));
            }
        }

        static string Hint(InventoryItem item) => item.Backup.Manifest.Encryption is null ? "" : ", with -Identity, as it is encrypted";
    }

    private DateTimeOffset? CheckNewest(Inventory inventory, RepositoryCheckOptions options, DateTimeOffset now, List<RepositoryFinding> findings)
    {
        DateTimeOffset? furthest = null;
        var clusters = inventory.Items.Select(i => i.Backup.Id.Cluster).Union(inventory.Damaged.Select(d => BackupNames.Read(d.Subject!.ToString()!).Id.Cluster), StringComparer.Ordinal).ToList();
        foreach (var cluster in clusters)
        {
            var newest = inventory.Items.Where(i => i.Backup.Id.Cluster == cluster && !i.IsBroken).MaxBy(i => i.Backup.Manifest.Created)?.Backup;
            if (options.Expectations.Rpo is { } rpo && (newest is null || now - newest.Manifest.Created > rpo))
            {
                findings.Add(new(FindingSeverity.Error, "RpoMissed", newest?.Id.ToString(), newest is null
                    ? $"There is no good backup of {cluster}."
                    : $"The newest good backup of {cluster} is {(now - newest.Manifest.Created).TotalHours:0.#} hours old; {rpo.TotalHours:0.#} are allowed."));
            }

            furthest = newest is not null && !(newest.Manifest.Created > furthest) ? newest.Manifest.Created : furthest;
        }

        if (clusters.Count == 0)
        {
            findings.Add(new(FindingSeverity.Error, "NoBackups", Backup: null,
                options.Cluster is null ? $"There is no backup in '{repository.Options.Name}'." : $"There is no backup of {options.Cluster} in '{repository.Options.Name}'."));
        }

        return furthest;
    }

    private async Task CheckLeftoversAsync(
        RepositoryCheckOptions options, CopyCount copies, DateTimeOffset now, List<RepositoryFinding> findings, CancellationToken cancellationToken)
    {
        var leftovers = new List<CollectedObject>();
        await foreach (var leftover in new RepositoryCollector(repository).FindAsync(now, cancellationToken).ConfigureAwait(false))
        {
            leftovers.Add(leftover);
        }

        var folder = options.Cluster is null ? null : BackupId.FolderOf(options.Cluster);
        foreach (var group in leftovers.Where(l => l.Backup is not null && (folder is null || l.Backup.Value.Cluster == folder)).GroupBy(l => l.Backup!.Value))
        {
            var isManifestGone = group.Any(l => l.Kind == LeftoverKind.Orphan && BackupNames.Read(l.Name).Kind == BackupObjectKind.Snapshot);
            if (isManifestGone && copies.HoldersOf(group.Key) is [var holder, ..])
            {
                findings.Add(new(FindingSeverity.Error, "ManifestMissing", group.Key.ToString(), $"Its objects are here and its manifest is gone. Copy it again from '{holder}'."));
                continue;
            }

            findings.Add(new(FindingSeverity.Warning, "Orphaned", group.Key.ToString(),
                $"{string.Join(", ", group.Select(l => $"'{l.Name}'").Distinct(StringComparer.Ordinal))} ({group.Sum(l => l.Size):N0} bytes) {(group.Count() == 1 ? "is" : "are")} left of a backup that was not finished, or whose manifest was removed. Invoke-SnapshotRetention collects it."));
        }
    }
}
