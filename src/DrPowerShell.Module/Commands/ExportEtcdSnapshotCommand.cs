using System.Management.Automation;
using System.Security;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Commands;

/// <summary>Makes a plain snapshot file of a backup in a repository: fetched, decrypted, decompressed, and checked on the way.</summary>
/// <remarks>
/// <para>
/// The file is the one that etcd sent, byte for byte: etcdutl restores it too. It is written as NAME.part; the SHA-256 of what is stored, of
/// what it unwraps to, and etcd's own at the end must match before it gets its name. It holds every secret of the cluster.
/// </para>
/// <para>Where the estate names whom it trusts, a backup that none of them signed is refused.</para>
/// </remarks>
/// <example>
/// <para>Fetch the newest backup of a cluster.</para>
/// <code>Get-EtcdSnapshot -Repository offsite -Cluster prod -Latest | Export-EtcdSnapshot -Path ./prod.db -Identity ./prod.key</code>
/// </example>
/// <example>
/// <para>Fetch the files that were stored beside it, too.</para>
/// <code>Export-EtcdSnapshot -Repository offsite -Id prod-20261122T140512Z-7f3a -Path ./prod.db -FilesPath ./prod-files.tar -Identity ./prod.key</code>
/// <para>The archive is a plain tar file.</para>
/// </example>
[Cmdlet(VerbsData.Export, "EtcdSnapshot", DefaultParameterSetName = ByObject, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(EtcdSnapshot))]
public sealed class ExportEtcdSnapshotCommand : DrCmdlet
{
    private const string ByObject = "InputObject";
    private const string ById = "Id";

    /// <summary>A backup of Get-EtcdSnapshot -Repository or Backup-EtcdSnapshot -Repository.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByObject)]
    [ValidateNotNull]
    public SnapshotReference? InputObject { get; set; }

    /// <summary>The repository: a name from the estate, a URI such as s3://bucket/prefix, or a folder.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ById)]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public RepositoryReference? Repository { get; set; }

    /// <summary>The backup's id.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ById)]
    [ValidateNotNullOrEmpty]
    public string Id { get; set; } = "";

    /// <summary>The file to write, which must not exist, or an existing folder, in which it is named by its id.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Write the files that were stored beside it into this tar file, too.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? FilesPath { get; set; }

    /// <summary>Files with identities (AGE-SECRET-KEY-1…) that open it. Without them those that the estate refers to are used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Identity { get; set; } = [];

    /// <summary>The passphrase that opens it, where it was encrypted to one.</summary>
    [Parameter]
    public SecureString? Passphrase { get; set; }

    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter(ParameterSetName = ById)]
    [ValidateNotNullOrEmpty]
    public string? Estate { get; set; }

    /// <inheritdoc/>
    protected override void Process() => Item(InputObject?.Path ?? Id, Export, terminating: !MyInvocation.ExpectingInput);

    private void Export()
    {
        var (options, id, keys) = Source();
        var given = ResolveDestination(Path);
        var target = Directory.Exists(given) ? System.IO.Path.Combine(given, id + ".db") : given;
        var files = FilesPath is null ? null : ResolveDestination(FilesPath);
        if (!ShouldProcess(target, $"Export {id}"))
        {
            return;
        }

        WriteObject(Run((output, token) => ExportAsync(options, id, target, files, keys, output, token)));
    }

    private (RepositoryOptions Options, BackupId Id, DecryptionKeys Keys) Source()
    {
        var (keys, session) = (DecryptionKeySource.Read(Identity.Select(ResolveDestination), Passphrase), new EstateSession(this, Estate));
        if (ParameterSetName == ById)
        {
            return (session.Repository(Repository!), BackupId.Parse(Id), keys.IsNone ? session.Keys(Repository!) : keys);
        }

        return InputObject!.Stored is { } stored
            ? (stored.StoredIn!, BackupId.Parse(stored.Name), keys.IsNone ? session.Keys(stored.StoredIn!) : keys)
            : throw new SnapshotNotInRepositoryException(InputObject.Path, "It is a plain snapshot already: copy it with Copy-Item.");
    }

    private static async Task<EtcdSnapshot> ExportAsync(
        RepositoryOptions options, BackupId id, string target, string? files, DecryptionKeys keys, IPipelineOutput output, CancellationToken cancellationToken)
    {
        var repository = await SnapshotRepository.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using var end = repository.ConfigureAwait(false);
        var stored = await repository.GetAsync(id, cancellationToken).ConfigureAwait(false);
        var reader = new StoredSnapshotReader(repository, stored);
        reader.RequireTrust();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var progress = output.Progress<long>($"Exporting {id}", done => ProgressState.Bytes(done, stored.Manifest.Object.Size, clock.Elapsed));
        await reader.SaveAsync(target, keys, progress, cancellationToken).ConfigureAwait(false);
        if (files is not null && stored.Manifest.Files is null)
        {
            output.WriteWarning($"{id} was stored without files beside it; '{files}' was not written.");
        }
        else if (files is not null)
        {
            await reader.SaveFilesAsync(stored.Manifest.Files!, files, keys, cancellationToken).ConfigureAwait(false);
        }

        return SnapshotCatalog.Describe(target) with { Cluster = stored.Manifest.Cluster.Name, Created = stored.Manifest.Created, Digest = stored.Manifest.Digest, Verified = VerificationLevel.Digest };
    }
}
