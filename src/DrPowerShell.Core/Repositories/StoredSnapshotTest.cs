using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Repositories;

/// <summary>Proves a stored backup: the bytes that are stored, what they unwrap to, and that etcd starts from it, as far as was asked.</summary>
public sealed class StoredSnapshotTest(SnapshotRepository repository, TimeProvider? timeProvider = null)
{
    private const int MaximumFindings = 20;

    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Tests one backup. Damage ends in findings, and in the proof that is written; only what keeps it from being tested is thrown.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="options">How far, and with what.</param>
    /// <param name="progress">Is told the stored bytes read, out of the object's size.</param>
    /// <param name="steps">Is told each step of a boot, and a proof that could not be written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="EncryptedForOthersException">Keys were given and none opens it.</exception>
    /// <exception cref="SpoolRoomMissingException">There is no room for the plain snapshot.</exception>
    public async Task<SnapshotTestResult> TestAsync(
        StoredBackup backup, StoredTestOptions options, IProgress<long>? progress, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var findings = new List<SnapshotFinding>();
        if (backup.Signature == SignatureState.Invalid || (repository.Options.Trust.IsRequired && backup.Signature != SignatureState.Trusted))
        {
            Add(findings, FindingSeverity.Error, "ManifestNotTrusted", StoredSnapshotReader.Describe(backup.Signature));
        }

        var result = await ReadAsync(backup, options, findings, progress, steps, cancellationToken).ConfigureAwait(false);
        await CheckFilesAsync(backup, findings, cancellationToken).ConfigureAwait(false);
        result = result with
        {
            Path = new StoredSnapshotReader(repository, backup).Location,
            Backup = backup.Manifest.Id,
            Integrity = backup.Signature.ToString(),
            Findings = [.. findings.Concat(result.Findings).OrderByDescending(f => f.Severity)],
            IsValid = result.IsValid && findings.TrueForAll(f => f.Severity != FindingSeverity.Error),
            Duration = _time.GetElapsedTime(started),
        };
        if (options.RecordProof)
        {
            await RecordAsync(backup, result, steps, cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    private async Task<SnapshotTestResult> ReadAsync(
        StoredBackup backup, StoredTestOptions options, List<SnapshotFinding> findings, IProgress<long>? progress, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        var (manifest, reader) = (backup.Manifest, new StoredSnapshotReader(repository, backup));
        var isOpaque = manifest.Encryption is not null && options.Keys.IsNone;
        try
        {
            if (isOpaque || options.Level == VerificationLevel.None)
            {
                await reader.ReadStoredAsync(manifest.Object, progress, cancellationToken).ConfigureAwait(false);
                if (isOpaque)
                {
                    Add(findings, FindingSeverity.Warning, "NotDecrypted", "the stored bytes are those that were stored; what is in them was not looked at, as it is encrypted and no identity was given.");
                }

                return Empty(manifest, isValid: true);
            }

            using var spool = SnapshotSpool.Create(options.SpoolDirectory, manifest.Plain.Size);
            var file = spool[manifest.Id + ".db"];
            await reader.SaveAsync(file, options.Keys, progress, cancellationToken).ConfigureAwait(false);
            var result = await new SnapshotProof(_time).ProveAsync(file, options.Level, options.EtcdPath, progress: null, steps, cancellationToken).ConfigureAwait(false);
            Compare(manifest, result, findings);
            return result;
        }
        catch (BackupObjectMissingException e)
        {
            Add(findings, FindingSeverity.Error, "ObjectMissing", e.Message);
        }
        catch (BackupObjectChangedException e)
        {
            Add(findings, FindingSeverity.Error, "ObjectChanged", e.Message);
        }

        return Empty(manifest, isValid: false);
    }

    // A signature covers the manifest; that it tells the truth of the snapshot is seen here.
    private static void Compare(BackupManifest manifest, SnapshotTestResult result, List<SnapshotFinding> findings)
    {
        var differs = new[]
        {
            ("revision", manifest.Revision?.ToString(System.Globalization.CultureInfo.InvariantCulture), result.Status?.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("hash", manifest.Hash, result.Status?.HashText),
            ("digest", manifest.Digest, result.Digest),
        }.Where(pair => pair.Item2 is not null && pair.Item3 is not null && !string.Equals(pair.Item2, pair.Item3, StringComparison.Ordinal));
        foreach (var (what, told, found) in differs)
        {
            Add(findings, FindingSeverity.Error, "ManifestDiffers", $"the manifest says {what} {told}, the snapshot has {found}.");
        }
    }

    private async Task CheckFilesAsync(StoredBackup backup, List<SnapshotFinding> findings, CancellationToken cancellationToken)
    {
        if (backup.Manifest.Files is not { } files)
        {
            return;
        }

        try
        {
            await new StoredSnapshotReader(repository, backup).ReadStoredAsync(new(files.Name, files.Size, files.Sha256), progress: null, cancellationToken).ConfigureAwait(false);
        }
        catch (BackupObjectMissingException e)
        {
            Add(findings, FindingSeverity.Error, "FilesMissing", e.Message);
        }
        catch (BackupObjectChangedException e)
        {
            Add(findings, FindingSeverity.Error, "FilesChanged", e.Message);
        }
    }

    private async Task RecordAsync(StoredBackup backup, SnapshotTestResult result, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var proof = new BackupProof
        {
            Schema = BackupProof.CurrentSchema,
            Backup = backup.Manifest.Id,
            Time = now,
            ObjectSha256 = backup.Manifest.Object.Sha256,
            IsValid = result.IsValid,
            Level = result.Level.ToString(),
            Decrypted = result.Level > VerificationLevel.None,
            Revision = result.Status?.Revision,
            Hash = result.Status?.HashText,
            HashKv = result.HashKv,
            KeyCount = result.Status?.TotalKeyV36,
            BootedVersion = result.BootedVersion,
            Findings = [.. result.Findings.Take(MaximumFindings).Select(f => new ProofFinding(f.Severity.ToString(), f.Code, f.Text))],
            Tool = ToolName.Tool,
            Host = ToolName.Host,
        };
        try
        {
            await repository.Store.PutAsync(
                BackupNames.Proof(backup.Id, now), SignedJson.Write(proof, repository.Options.Signer), new() { OnlyIfAbsent = true }, cancellationToken).ConfigureAwait(false);
        }
        catch (RecoveryException e) when (e.Kind is FailureKind.Permission or FailureKind.DiskFull)
        {
            // Somebody who may only read can still test.
            steps?.Report($"The proof could not be stored: {e.Message}");
        }
    }

    private static SnapshotTestResult Empty(BackupManifest manifest, bool isValid) => new()
    {
        Path = manifest.Object.Name,
        IsValid = isValid,
        Level = VerificationLevel.None,
        Findings = [],
        DigestPresent = manifest.Digest is not null,
        Digest = manifest.Digest,
        Size = manifest.Plain.Size,
        Duration = TimeSpan.Zero,
    };

    private static void Add(List<SnapshotFinding> findings, FindingSeverity severity, string code, string text) =>
        findings.Add(new SnapshotFinding { Severity = severity, Code = code, Text = text });
}
