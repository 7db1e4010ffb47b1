namespace DrPowerShell.Etcd.Snapshots;

/// <summary>What the verification of one snapshot found.</summary>
public sealed record SnapshotTestResult
{
    /// <summary>The file, or the stored object's URI.</summary>
    public required string Path { get; init; }

    /// <summary>Whether nothing was found that forbids trust: no finding of severity Error.</summary>
    public required bool IsValid { get; init; }

    /// <summary>The level that was carried out.</summary>
    public required VerificationLevel Level { get; init; }

    /// <summary>What was found, the worst first, a bounded number.</summary>
    public required IReadOnlyList<SnapshotFinding> Findings { get; init; }

    /// <summary>Whether the file ends in a SHA-256; the raw database of a member does not.</summary>
    public required bool DigestPresent { get; init; }

    /// <summary>The SHA-256 at the end of the file, lowercase hexadecimal; null where there is none.</summary>
    public string? Digest { get; init; }

    /// <summary>The SHA-256 of the whole file with its digest, as sha256sum prints it; null where the bytes were not hashed.</summary>
    public string? FileSha256 { get; init; }

    /// <summary>The file's length in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The figures; null below level Structure and where the damage left none.</summary>
    public SnapshotStatus? Status { get; init; }

    /// <summary>The HashKV that the source would answer at its newest revision; null below level Full.</summary>
    public uint? HashKv { get; init; }

    /// <summary>The HashKV that a server answers once it has booted from this file and finished a scheduled compaction; null below level Full.</summary>
    public uint? HashKvAfterBoot { get; init; }

    /// <summary>The version of the etcd that booted from it; null below level Boot.</summary>
    public string? BootedVersion { get; init; }

    /// <summary>The id of the stored backup that was tested; null for a file.</summary>
    public string? Backup { get; init; }

    /// <summary>What the manifest's signature is worth: Unsigned, UnknownSigner, Trusted or Invalid; null for a file.</summary>
    public string? Integrity { get; init; }

    /// <summary>How long the verification took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>In one line, as it stands in a list of what was tested.</summary>
    public override string ToString() => $"{(IsValid ? "valid" : "not valid")}, level {Level}{(Findings.Count > 0 ? $"; {Findings[0]}" : "")}";
}
