using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Repositories.Checking;

/// <summary>Reads backups again, the longest unproven first, as far as the budgets go; each is proven by an object of its own.</summary>
internal sealed class ReverificationPass(SnapshotRepository repository, RepositoryCheckOptions options, ObjectChecks objects, TimeProvider time)
{
    private int _opaque;

    /// <summary>How many stored bytes were read.</summary>
    public long Bytes { get; private set; }

    /// <summary>The results of those that could be read, by backup.</summary>
    public Dictionary<BackupId, SnapshotTestResult> Results { get; } = [];

    /// <summary>Reads.</summary>
    /// <param name="candidates">What may be read, in order.</param>
    public async Task RunAsync(
        IReadOnlyList<InventoryItem> candidates, List<RepositoryFinding> findings, IProgress<RepositoryCheckProgress>? progress, CancellationToken cancellationToken)
    {
        var chosen = Choose(candidates);
        var (started, total) = (time.GetTimestamp(), chosen.Sum(i => StoredSize(i.Backup)));
        foreach (var item in chosen)
        {
            // The first is always read, so that each check gets further, however small its budget.
            if (item != chosen[0] && time.GetElapsedTime(started) >= options.Expectations.TimeBudget)
            {
                break;
            }

            var done = Bytes;
            var reading = progress is null ? null : new Forward<long>(bytes => progress.Report(new($"Reading {item.Backup.Id}", done + bytes, total)));
            await TestAsync(item, reading, findings, cancellationToken).ConfigureAwait(false);
        }

        if (_opaque > 0)
        {
            findings.Add(new(FindingSeverity.Information, "NotDecrypted", Backup: null,
                $"{_opaque} of the backups that were read are encrypted, and no identity was given: their stored bytes are unchanged, and what is in them was not looked at."));
        }
    }

    private static long StoredSize(StoredBackup backup) => backup.Manifest.Object.Size + (backup.Manifest.Files?.Size ?? 0);

    private List<InventoryItem> Choose(IReadOnlyList<InventoryItem> candidates)
    {
        var (chosen, bytes) = (new List<InventoryItem>(), 0L);
        foreach (var item in candidates.Take(options.Sample ?? int.MaxValue))
        {
            bytes += StoredSize(item.Backup);
            if (chosen.Count > 0 && bytes > options.Expectations.ByteBudget)
            {
                break;
            }

            chosen.Add(item);
        }

        return chosen;
    }

    private async Task TestAsync(InventoryItem item, IProgress<long>? reading, List<RepositoryFinding> findings, CancellationToken cancellationToken)
    {
        var id = item.Backup.Id.ToString();
        try
        {
            var result = await new StoredSnapshotTest(repository, time).TestAsync(item.Backup, options.Test, reading, steps: null, cancellationToken).ConfigureAwait(false);
            Results[item.Backup.Id] = result;
            Bytes += StoredSize(item.Backup);
            item.IsBroken |= !result.IsValid;
            foreach (var finding in result.Findings)
            {
                switch (finding.Code)
                {
                    case "NotDecrypted":
                        _opaque++;
                        break;
                    case "ManifestNotTrusted":
                        break; // said already
                    case "ObjectChanged":
                        findings.Add(await objects.DescribeChangedAsync(item.Backup, "Object", item.Backup.Manifest.Object.Name, finding.Text, cancellationToken).ConfigureAwait(false));
                        break;
                    default:
                        findings.Add(new(finding.Severity, finding.Code, id, finding.Text));
                        break;
                }
            }
        }
        catch (RecoveryException e) when (e.Kind is not FailureKind.Unreachable and not FailureKind.Timeout and not FailureKind.Authentication and not FailureKind.DiskFull)
        {
            // One that cannot be tested says nothing of the others.
            findings.Add(new(FindingSeverity.Error, e.ErrorId, id, e.Message));
        }
    }

    private sealed class Forward<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
