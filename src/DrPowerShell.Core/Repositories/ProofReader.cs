using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Core.Repositories;

/// <summary>Reads the proofs of stored backups.</summary>
public static class ProofReader
{
    /// <summary>The newest proof of a backup that can be read and, where signatures are asked for, trusted; null where there is none.</summary>
    /// <remarks>A proof that cannot be trusted neither proves a backup nor speaks against it: whoever may write there could have put it.</remarks>
    public static async Task<BackupProof?> FindNewestAsync(SnapshotRepository repository, StoredBackup backup, CancellationToken cancellationToken)
    {
        for (var i = backup.ProofNames.Count - 1; i >= 0; i--)
        {
            if (await TryReadAsync(repository, backup.ProofNames[i], cancellationToken).ConfigureAwait(false) is { } proof && proof.Backup == backup.Id.ToString())
            {
                return proof;
            }
        }

        return null;
    }

    private static async Task<BackupProof?> TryReadAsync(SnapshotRepository repository, string name, CancellationToken cancellationToken)
    {
        try
        {
            var file = await repository.Store.ReadAllAsync(name, cancellationToken).ConfigureAwait(false);
            var (proof, state) = SignedJson.ReadProof(file, repository.Options.Trust);
            return state == SignatureState.Trusted || !repository.Options.Trust.IsRequired ? proof : null;
        }
        catch (Exception e) when (e is FormatException or BlobNotFoundException)
        {
            return null;
        }
    }
}
