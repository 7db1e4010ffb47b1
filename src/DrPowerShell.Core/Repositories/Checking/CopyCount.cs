using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Repositories.Checking;

/// <summary>In how many places the backups are, and whether one of them is offsite. Copies count once a place.</summary>
internal sealed class CopyCount
{
    private readonly List<(RepositoryOptions Options, Inventory Held)> _others = [];
    private bool _isUnknown;

    private CopyCount()
    {
    }

    /// <summary>Reads the other repositories; one that cannot be read is a finding.</summary>
    public static async Task<CopyCount> ReadAsync(RepositoryCheckOptions options, List<RepositoryFinding> findings, CancellationToken cancellationToken)
    {
        var count = new CopyCount();
        foreach (var other in options.CopiesIn)
        {
            try
            {
                var repository = await options.Open(other, cancellationToken).ConfigureAwait(false);
                await using var close = repository.ConfigureAwait(false);
                count._others.Add((other, await Inventory.ReadAsync(repository, options.Cluster, withProofs: false, cancellationToken).ConfigureAwait(false)));
            }
            catch (RecoveryException e)
            {
                count._isUnknown = true;
                findings.Add(new(FindingSeverity.Error, "CopiesNotReachable", Backup: null, $"The copies in '{other.Name}' could not be counted: {e.Message}"));
            }
        }

        return count;
    }

    /// <summary>The other repositories that hold a backup whole.</summary>
    public IReadOnlyList<string> HoldersOf(StoredBackup backup) => [.. _others.Where(o => o.Held.Holds(backup)).Select(o => o.Options.Name)];

    /// <summary>The other repositories that hold the manifest of an id.</summary>
    public IReadOnlyList<string> HoldersOf(BackupId id) => [.. _others.Where(o => o.Held.Blobs.ContainsKey(BackupNames.Manifest(id))).Select(o => o.Options.Name)];

    /// <summary>Adds what is missing of the copies that are asked for.</summary>
    public void Check(RepositoryOptions own, InventoryItem item, RepositoryExpectations asked, List<RepositoryFinding> findings)
    {
        if (_isUnknown || item.IsBroken)
        {
            return; // said already, and worse
        }

        RepositoryOptions[] holders = [own, .. _others.Where(o => o.Held.Holds(item.Backup)).Select(o => o.Options)];
        var places = holders.Select(o => o.Place).Distinct(StringComparer.OrdinalIgnoreCase).Count();
        var id = item.Backup.Id.ToString();
        if (places < asked.Copies)
        {
            var offsite = asked.Offsite ? ", one of them offsite" : "";
            findings.Add(places == 1
                ? new(FindingSeverity.Warning, "SingleCopy", id, $"Only one copy exists; {asked.Copies} are required{offsite}.")
                : new(FindingSeverity.Warning, "TooFewCopies", id, $"Copies exist in {places} places; {asked.Copies} are required{offsite}."));
        }

        if (asked.Offsite && !holders.Any(o => o.IsOffsite))
        {
            findings.Add(new(FindingSeverity.Warning, "NoOffsiteCopy", id, $"No copy is offsite: it is in {string.Join(", ", holders.Select(o => o.Place).Distinct(StringComparer.Ordinal))} only."));
        }
    }
}
