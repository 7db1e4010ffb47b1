using System.Diagnostics;
using System.Management.Automation;
using System.Security;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Checking;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Commands;

/// <summary>Checks that every backup in a repository can still be restored, and that the repository keeps what is asked of it.</summary>
/// <remarks>
/// <para>
/// Always checked: that manifests can be read and are trusted, that every object is there with its size, that locks which the estate promises are
/// kept, that no proof says otherwise, and that nothing is left over. Asked for by parameters: the age of the newest backup (-Rpo), copies in
/// several places (-Copies, -Offsite, counted in -CopyIn), and proofs that are young enough (-ProofEvery).
/// </para>
/// <para>
/// Sizes do not show a flipped bit. Backups whose proof is overdue are read again, and with -Full, -Sample, -ByteBudget or -TimeBudget also
/// others, the one whose proof is oldest first; each is verified as by Test-EtcdSnapshot and leaves a proof. Encrypted ones need
/// -Identity, or an identity that the estate refers to; without, only their stored bytes are compared, and a finding NotDecrypted says so.
/// </para>
/// <para>What is wrong is a finding in the result. For a scheduled task add -FailOn, which ends in a terminating error after the result was written.</para>
/// </remarks>
/// <example>
/// <para>Is what we have still good?</para>
/// <code>(Test-SnapshotRepository offsite -Rpo 6h -Copies 2 -Offsite -CopyIn dc2).Findings</code>
/// </example>
/// <example>
/// <para>Every night read 200 GB again, the longest unproven first, and fail on anything that somebody should look at.</para>
/// <code>Test-SnapshotRepository offsite -ByteBudget 200GB -Identity ./prod.key -FailOn Warning</code>
/// <para>After some nights every backup has been proven; then it begins anew.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "SnapshotRepository")]
[OutputType(typeof(RepositoryCheckResult))]
public sealed class TestSnapshotRepositoryCommand : RepositoryCmdlet
{
    private RepositoryTestFailedException? _failed;

    /// <summary>The repository: a name from the estate, a URI such as s3://bucket/prefix, a folder, or what Get-SnapshotRepository returned.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public override RepositoryReference? Repository { get; set; }

    /// <summary>Only backups of this cluster.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ClusterNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Cluster { get; set; }

    /// <summary>How old the newest backup of each cluster may be, such as 6h.</summary>
    [Parameter]
    [DurationTransform]
    public TimeSpan? Rpo { get; set; }

    /// <summary>In how many places each backup must be. Repositories with the same place in the estate, or on the same host, count once.</summary>
    [Parameter]
    [ValidateRange(1, 100)]
    public int Copies { get; set; } = 1;

    /// <summary>One of the places must be offsite.</summary>
    [Parameter]
    public SwitchParameter Offsite { get; set; }

    /// <summary>The other repositories in which copies count.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNullOrEmpty]
    public RepositoryReference[] CopyIn { get; set; } = [];

    /// <summary>How old the newest proof of each backup may be, such as 30d.</summary>
    [Parameter]
    [DurationTransform]
    public TimeSpan? ProofEvery { get; set; }

    /// <summary>Read all backups again, as far as -Sample and the budgets go.</summary>
    [Parameter]
    public SwitchParameter Full { get; set; }

    /// <summary>Read at most so many backups again, the one whose proof is oldest first.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Sample { get; set; }

    /// <summary>Read at most so many stored bytes again, such as 200GB; one backup at least.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? ByteBudget { get; set; }

    /// <summary>Begin reading backups again for at most so long, such as 2h; one backup at least.</summary>
    [Parameter]
    [DurationTransform]
    public TimeSpan? TimeBudget { get; set; }

    /// <summary>How far to verify what is read again: None (the stored bytes alone), Digest, Structure, Full or Boot. The default is Full.</summary>
    [Parameter]
    public VerificationLevel Level { get; set; } = VerificationLevel.Full;

    /// <summary>Files with identities (AGE-SECRET-KEY-1…) that open encrypted backups. Without them those that the estate refers to are used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Identity { get; set; } = [];

    /// <summary>The passphrase that opens encrypted backups, where they were encrypted to one. Without it the one that the estate refers to is used.</summary>
    [Parameter]
    public SecureString? Passphrase { get; set; }

    /// <summary>The folder in which plain snapshots are put meanwhile. The default is the machine's folder for temporary files.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SpoolDirectory { get; set; }

    /// <summary>The etcd program for level Boot, or the folder that holds it. Without it etcd is looked for on PATH.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? EtcdPath { get; set; }

    /// <summary>Do not store what was found as proofs.</summary>
    [Parameter]
    public SwitchParameter NoProof { get; set; }

    /// <summary>End in a terminating error, after the result was written, when a finding is of this severity or worse: Warning or Error.</summary>
    [Parameter]
    [ValidateSet(nameof(FindingSeverity.Warning), nameof(FindingSeverity.Error))]
    public FindingSeverity? FailOn { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var options = ResolveRepository();
        var check = Options();
        var result = Run(async (output, token) =>
        {
            var repository = await SnapshotRepository.OpenAsync(options, token).ConfigureAwait(false);
            await using var close = repository.ConfigureAwait(false);
            var clock = Stopwatch.StartNew();
            var progress = output.Progress<RepositoryCheckProgress>($"Checking {options.Name}", p => p.Total == 0 ? new(p.Step) : ProgressState.Bytes(p.Done, p.Total, clock.Elapsed));
            return await new RepositoryCheck(repository).RunAsync(check, progress, token).ConfigureAwait(false);
        });
        WriteObject(result);
        if (result.Findings.Where(f => f.Severity >= FailOn).ToList() is [var first, ..] bad)
        {
            _failed ??= new(result.Repository, bad.Count, $"{first.Code}{(first.Backup is null ? "" : $" {first.Backup}")}: {first.Text}");
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

    private RepositoryCheckOptions Options()
    {
        var keys = Identity.Length == 0 && Passphrase is null ? ResolveKeys() : DecryptionKeySource.Read(Identity.Select(ResolveDestination), Passphrase);
        return new()
        {
            Cluster = Cluster,
            Expectations = new() { Rpo = Rpo, Copies = Copies, Offsite = Offsite, ProofEvery = ProofEvery, ByteBudget = ByteBudget, TimeBudget = TimeBudget },
            CopiesIn = [.. CopyIn.Select(Session.Repository)],
            Reverify = Full || Sample is not null || ByteBudget is not null || TimeBudget is not null ? Reverification.All : Reverification.Overdue,
            Sample = Sample,
            Test = new()
            {
                Level = Level,
                Keys = keys,
                SpoolDirectory = SpoolDirectory is null ? null : ResolveDestination(SpoolDirectory),
                EtcdPath = EtcdPath is null ? null : ResolveDestination(EtcdPath),
                RecordProof = !NoProof,
            },
        };
    }
}
