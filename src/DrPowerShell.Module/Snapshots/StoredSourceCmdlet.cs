using System.Management.Automation;
using System.Security;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;

namespace DrPowerShell.Module.Snapshots;

/// <summary>The base of cmdlets that take snapshot files, and backups from a repository as well: those are fetched and unwrapped first.</summary>
public abstract class StoredSourceCmdlet : SnapshotSourceCmdlet
{
    private DecryptionKeys? _keys;
    private EstateSession? _session;

    /// <summary>Files with identities (AGE-SECRET-KEY-1…) that open an encrypted backup from a repository. Without them those that the estate refers to are used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Identity { get; set; } = [];

    /// <summary>The passphrase that opens a backup which was encrypted to one.</summary>
    [Parameter]
    public SecureString? Passphrase { get; set; }

    /// <summary>Where the plain snapshot of a backup from a repository is put for as long as it is read. The default is the folder for temporary files.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SpoolDirectory { get; set; }

    /// <summary>What opens a backup: what was given, else what the estate that names its repository refers to. Pipeline thread only.</summary>
    protected DecryptionKeys KeysOf(EtcdSnapshot stored)
    {
        _keys ??= DecryptionKeySource.Read(Identity.Select(ResolveDestination), Passphrase);
        return _keys.IsNone && stored.IsEncrypted ? (_session ??= new EstateSession(this, path: null)).Keys(stored.StoredIn!) : _keys;
    }

    /// <summary>The spool folder, as a full path.</summary>
    protected string? Spool => SpoolDirectory is null ? null : ResolveDestination(SpoolDirectory);

    /// <summary>Does work on each file of the record under way; a failure of one is a non-terminating error.</summary>
    protected void ForEachFile(Action<string> work)
    {
        if (Stored is { } stored)
        {
            Item(stored.Name, () => WithFetched(stored, work));
            return;
        }

        foreach (var file in SourceFiles())
        {
            Item(file, () => work(file));
        }
    }

    /// <summary>Does work on the one file of the record under way.</summary>
    protected void WithFile(Action<string> work)
    {
        if (Stored is { } stored)
        {
            WithFetched(stored, work);
        }
        else
        {
            work(SourceFile());
        }
    }

    private void WithFetched(EtcdSnapshot stored, Action<string> work)
    {
        // Kept by the work itself: a pipeline that is stopped right then still removes it.
        FetchedSnapshot? fetched = null;
        var keys = KeysOf(stored);
        try
        {
            Run(async (output, token) =>
            {
                var clock = System.Diagnostics.Stopwatch.StartNew();
                var progress = output.Progress<long>($"Fetching {stored.Name}", done => ProgressState.Bytes(done, stored.StoredSize ?? 0, clock.Elapsed));
                fetched = await FetchedSnapshot.FetchAsync(stored, keys, Spool, progress, token).ConfigureAwait(false);
            });
            work(fetched!.Path);
        }
        finally
        {
            fetched?.Dispose();
        }
    }
}
