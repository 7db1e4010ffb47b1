using System.Management.Automation;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Commands;

/// <summary>Verifies snapshots: that every byte is the one that etcd sent, that the database is sound, and that etcd starts from it.</summary>
/// <remarks>
/// <para>
/// Each level includes those before it. Digest: the SHA-256 at the end matches. Structure: every page is reachable or free, once and in order
/// (what bbolt's own check does), and the hash that etcdutl prints. Full, the default: every row decodes and fits its key's history, and the
/// HashKV that a server would answer. Boot: a real etcd starts from a copy and answers with that very HashKV.
/// </para>
/// <para>
/// Damage is a finding in the result, not an error; IsValid is false then. An unreadable file is an error. A file without a SHA-256 (the
/// member/snap/db of a stopped member) says DigestPresent False: damage inside values cannot be seen in it.
/// </para>
/// <para>
/// A backup from a repository is fetched and unwrapped first, and each layer is held to its manifest. An encrypted one needs -Identity; without
/// it the stored bytes alone are proved, Level says None and a finding NotDecrypted. The outcome is stored beside the backup as a proof.
/// </para>
/// <para>For a scheduled task add -FailOn, which ends in a terminating error after the results were written.</para>
/// </remarks>
/// <example>
/// <para>Verify all snapshots of a folder.</para>
/// <code>Test-EtcdSnapshot ./backups/*.db | Where-Object -Not IsValid</code>
/// <para>Whatever comes out must not be trusted; its Findings tell why.</para>
/// </example>
/// <example>
/// <para>Take a snapshot, prove it, restore it.</para>
/// <code>Backup-EtcdSnapshot -Path ./now.db | Test-EtcdSnapshot -Level Full | Restore-EtcdSnapshot -DataDirectory ./restored.etcd</code>
/// <para>A snapshot that is not valid stops at Restore-EtcdSnapshot with SnapshotNotValid.</para>
/// </example>
/// <example>
/// <para>Prove that etcd itself starts from it.</para>
/// <code>Test-EtcdSnapshot ./now.db -Level Boot -EtcdPath /usr/local/bin/etcd -Verbose</code>
/// <para>The sandbox listens on loopback only, behind one-time certificates, and is gone afterwards.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "EtcdSnapshot", DefaultParameterSetName = ByObject)]
[OutputType(typeof(SnapshotTestResult))]
public sealed class TestEtcdSnapshotCommand : StoredSourceCmdlet
{
    private SnapshotTestFailedException? _failed;

    /// <summary>How far to verify: Digest, Structure, Full or Boot. The default is Full.</summary>
    [Parameter]
    [ValidateSet(nameof(VerificationLevel.Digest), nameof(VerificationLevel.Structure), nameof(VerificationLevel.Full), nameof(VerificationLevel.Boot))]
    public VerificationLevel Level { get; set; } = VerificationLevel.Full;

    /// <summary>The etcd program for level Boot, or the folder that holds it. Without it etcd is looked for on PATH.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? EtcdPath { get; set; }

    /// <summary>Do not store the outcome as a proof beside a backup from a repository. Without it every test of a stored backup leaves one, signed where there is a key.</summary>
    [Parameter]
    public SwitchParameter NoProof { get; set; }

    /// <summary>End in a terminating error, after all results were written, when a finding is of this severity or worse: Warning or Error.</summary>
    [Parameter]
    [ValidateSet(nameof(FindingSeverity.Warning), nameof(FindingSeverity.Error))]
    public FindingSeverity? FailOn { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var etcd = EtcdPath is null ? null : ResolveDestination(EtcdPath);
        if (Stored is { } stored)
        {
            if (!Item(stored.Name, () => Test(stored, etcd)) && FailOn is not null)
            {
                _failed ??= new SnapshotTestFailedException(stored.Name, "it could not be tested; the error before this one says why.");
            }

            return;
        }

        foreach (var file in SourceFiles())
        {
            if (!Item(file, () => Test(file, etcd)) && FailOn is not null)
            {
                // A scheduler must not take for a pass what was never tested.
                _failed ??= new SnapshotTestFailedException(file, "it could not be tested; the error before this one says why.");
            }
        }

        if (IsSourceMissing && FailOn is not null)
        {
            _failed ??= new SnapshotTestFailedException(string.Join(", ", [.. Path, .. LiteralPath]), "a path names no file; the error before this one says which.");
        }
    }

    /// <inheritdoc/>
    protected override void End()
    {
        if (_failed is not null)
        {
            throw _failed;
        }
    }

    private void Test(string file, string? etcd)
    {
        var result = Run((output, token) =>
        {
            // For the progress alone: what is no file is told by the reader.
            var size = File.Exists(file) ? new FileInfo(file).Length : 0;
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var progress = output.Progress<long>($"Verifying {System.IO.Path.GetFileName(file)}", done => ProgressState.Bytes(done, size, clock.Elapsed));
            return new SnapshotProof().ProveAsync(file, Level, etcd, progress, output.Steps($"Booting {System.IO.Path.GetFileName(file)}"), token);
        });
        Write(result);
    }

    private void Test(EtcdSnapshot stored, string? etcd)
    {
        var options = new StoredTestOptions { Level = Level, Keys = KeysOf(stored), SpoolDirectory = Spool, EtcdPath = etcd, RecordProof = !NoProof };
        var result = Run(async (output, token) =>
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var progress = output.Progress<long>($"Verifying {stored.Name}", done => ProgressState.Bytes(done, stored.StoredSize ?? 0, clock.Elapsed));
            var repository = await SnapshotRepository.OpenAsync(stored.StoredIn!, token).ConfigureAwait(false);
            await using var end = repository.ConfigureAwait(false);
            var backup = await repository.GetAsync(BackupId.Parse(stored.Name), token).ConfigureAwait(false);
            return await new StoredSnapshotTest(repository).TestAsync(backup, options, progress, output.Steps($"Booting {stored.Name}"), token).ConfigureAwait(false);
        });
        SnapshotReference.Remember(result, stored);
        Write(result);
    }

    private void Write(SnapshotTestResult result)
    {
        if (FailOn is { } severity && result.Findings.FirstOrDefault(f => f.Severity >= severity) is { } finding)
        {
            _failed ??= new SnapshotTestFailedException(result.Path, finding.Text);
        }

        WriteObject(result);
    }
}
