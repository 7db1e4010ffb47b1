using System.Management.Automation;
using DrPowerShell.Core.Backups;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Commands;

/// <summary>Shows what snapshot files are: size, time, revision, and what they say of their cluster.</summary>
/// <remarks>
/// <para>
/// Only a few pages of each file are read, so that a folder of large snapshots is listed at once. Nothing is verified: Verified says None.
/// Figures such as the hash and the number of keys, and the answer whether a snapshot can be restored, come from Test-EtcdSnapshot.
/// </para>
/// </remarks>
/// <example>
/// <para>List the snapshots of a folder, the newest last.</para>
/// <code>Get-EtcdSnapshot ./backups/*.db | Sort-Object Created</code>
/// <para>A file that is no snapshot gives an error of its own, and the list goes on.</para>
/// </example>
/// <example>
/// <para>See which cluster a file came from.</para>
/// <code>(Get-EtcdSnapshot ./found.db).Metadata.Members</code>
/// <para>The members with their names and URLs, as they were when it was taken.</para>
/// </example>
/// <example>
/// <para>Verify whatever was taken today.</para>
/// <code>Get-EtcdSnapshot ./backups/*.db | Where-Object Created -gt (Get-Date).Date | Test-EtcdSnapshot -Level Full</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "EtcdSnapshot", DefaultParameterSetName = ByObject)]
[OutputType(typeof(EtcdSnapshot))]
public sealed class GetEtcdSnapshotCommand : SnapshotSourceCmdlet
{
    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (var file in SourceFiles())
        {
            RunItem(file, (output, _) =>
            {
                output.WriteObject(SnapshotCatalog.Describe(file));
                return Task.CompletedTask;
            });
        }
    }
}
