using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Repositories;

/// <summary>How a stored backup is tested.</summary>
public sealed record StoredTestOptions
{
    /// <summary>How far; above None the plain snapshot is read, which needs a key where it is encrypted.</summary>
    public VerificationLevel Level { get; init; } = VerificationLevel.Full;

    /// <summary>What may open it.</summary>
    public DecryptionKeys Keys { get; init; } = DecryptionKeys.None;

    /// <summary>Where the plain snapshot is put meanwhile; null for the machine's folder for temporary files.</summary>
    public string? SpoolDirectory { get; init; }

    /// <summary>The etcd program for level Boot; null to look for it on PATH.</summary>
    public string? EtcdPath { get; init; }

    /// <summary>Write what was found into the repository, as a proof.</summary>
    public bool RecordProof { get; init; } = true;
}
