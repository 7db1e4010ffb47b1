using System.Management.Automation;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Commands;

/// <summary>Reads keys out of a snapshot file, without a server: as they were when it was taken, or at any revision that it still holds.</summary>
/// <remarks>
/// <para>
/// The keys come in byte order. A snapshot holds history back to the revision that its cluster had compacted; an older one gives the error
/// SnapshotRevisionCompacted. The digest is not read here: verify with Test-EtcdSnapshot what must be trusted.
/// </para>
/// </remarks>
/// <example>
/// <para>Look one value up in last night's snapshot.</para>
/// <code>(Get-EtcdSnapshotKey ./last-night.db -Key /config/limit).Value</code>
/// </example>
/// <example>
/// <para>List what a namespace had.</para>
/// <code>Get-EtcdSnapshotKey ./last-night.db -Prefix /registry/secrets/shop/ | Select-Object Key, ModRevision</code>
/// </example>
/// <example>
/// <para>Find a value as it was before a change.</para>
/// <code>Get-EtcdSnapshotKey ./last-night.db -Key /config/limit -Revision 1204330</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "EtcdSnapshotKey", DefaultParameterSetName = ByObject)]
[OutputType(typeof(EtcdKeyValue))]
public sealed class GetEtcdSnapshotKeyCommand : StoredSourceCmdlet
{
    /// <summary>One key, whole. It is no error when the snapshot does not hold it: nothing comes out.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Key { get; set; }

    /// <summary>Read every key that begins with this text. Without -Key and -Prefix every key is read.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? Prefix { get; set; }

    /// <summary>Read at this main revision. The default is the newest that the snapshot holds.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? Revision { get; set; }

    /// <summary>Read at most so many keys.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? First { get; set; }

    /// <inheritdoc/>
    protected override void Begin()
    {
        if (Key is not null && Prefix is not null)
        {
            throw new ParametersConflictException(nameof(Prefix), "-Key and -Prefix were both given.", "Leave one of them out.");
        }
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        var range = Key is not null ? EtcdKeyRange.Single(Key) : EtcdKeyRange.Prefix(Prefix ?? "");
        ForEachFile(file => Run((output, token) =>
        {
            using var reader = SnapshotKeyReader.Open(file);
            foreach (var item in reader.Read(range, Revision ?? 0, First ?? 0, token))
            {
                output.WriteObject(item);
            }

            return Task.CompletedTask;
        }));
    }
}
