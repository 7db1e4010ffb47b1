using System.Globalization;
using System.Management.Automation;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Module.Connections;

namespace DrPowerShell.Module.Commands;

/// <summary>Writes keys of a live cluster.</summary>
/// <remarks>
/// <para>
/// An existing key gets the new value; the old one stays readable at older revisions until they are compacted. Key objects, from a cluster or
/// from a snapshot, can be piped in and are written byte for byte; their leases are left behind, because a lease exists in its own cluster only.
/// </para>
/// <para>A request whose outcome is unknown (the member died before it answered) is never sent twice: the error EtcdWriteOutcomeUnknown says so.</para>
/// </remarks>
/// <example>
/// <para>Write a key.</para>
/// <code>Set-EtcdKey /config/limit 250</code>
/// <para>Nothing is written to the pipeline; add -PassThru for the new revision.</para>
/// </example>
/// <example>
/// <para>Bring back the keys of a prefix from a snapshot.</para>
/// <code>Get-EtcdSnapshotKey -Path ./backup.db -Prefix /config/ | Set-EtcdKey -Cluster prod -WhatIf</code>
/// <para>With -WhatIf each key is named and none is written.</para>
/// </example>
/// <example>
/// <para>Write many keys from a file with the columns Key and Value.</para>
/// <code>Import-Csv ./settings.csv | Set-EtcdKey -PassThru</code>
/// <para>One object for each key with its revision.</para>
/// </example>
[Cmdlet(VerbsCommon.Set, "EtcdKey", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = ByObject)]
[OutputType(typeof(EtcdKeyWrite))]
public sealed class SetEtcdKeyCommand : EtcdClusterCmdlet
{
    private const string ByKey = "Key";
    private const string ByObject = "InputObject";

    /// <summary>The key: text or bytes.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByKey)]
    [KeyBytesTransform]
    public KeyName? Key { get; set; }

    /// <summary>The value: text, stored as UTF-8, or bytes. It may be empty.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true, ParameterSetName = ByKey)]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [ValueBytesTransform]
    public KeyContent? Value { get; set; }

    /// <summary>Key objects from Get-EtcdKey or Get-EtcdSnapshotKey, written with their keys and values byte for byte.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByObject)]
    public EtcdKeyValue? InputObject { get; set; }

    /// <summary>The id of an existing lease to attach: the key goes when the lease ends. Without it the key has no lease.</summary>
    [Parameter]
    public long Lease { get; set; }

    /// <summary>Write an object with the revision for each key.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var cluster = OpenCluster();
        var request = new EtcdPutRequest(InputObject?.KeyBytes ?? Key!.Bytes, InputObject?.ValueBytes ?? Value!.Bytes) { Lease = Lease };
        var key = EtcdText.Show(request.Key);
        var size = request.Value.Length.ToString("N0", CultureInfo.CurrentCulture);
        if (!ShouldProcess($"key '{key}' in {ClusterName}", $"Write {size} bytes"))
        {
            return;
        }

        RunItem(key, async (output, token) =>
        {
            var result = await cluster.PutAsync(request, token).ConfigureAwait(false);
            if (PassThru)
            {
                output.WriteObject(new EtcdKeyWrite { Key = key, Size = request.Value.Length, Lease = Lease, Revision = result.Revision });
            }
        });
    }
}
