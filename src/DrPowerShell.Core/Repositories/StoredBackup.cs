using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Core.Repositories;

/// <summary>A backup in a repository: its manifest and what the store says of it.</summary>
public sealed record StoredBackup(BackupId Id, BackupManifest Manifest, SignatureState Signature)
{
    /// <summary>The names of its proofs, oldest first.</summary>
    public IReadOnlyList<string> ProofNames { get; init; } = [];

    /// <summary>Whether the manifest's own verification found the snapshot sound, to level Full or higher.</summary>
    public bool IsVerified => Manifest.Verified is "Full" or "Boot";

    public override string ToString() => Id.ToString();
}

/// <summary>Which backups to list.</summary>
public sealed record BackupFilter
{
    public static BackupFilter All { get; } = new();

    /// <summary>The cluster's name; null for every cluster.</summary>
    public string? Cluster { get; init; }

    /// <summary>Begun at or after this moment.</summary>
    public DateTimeOffset? After { get; init; }

    /// <summary>Begun before this moment.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Whether the time of a backup lies within.</summary>
    public bool Includes(BackupId id) => !(id.Time < After) && !(id.Time >= Before);
}
