using System.Management.Automation;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Errors;

namespace DrPowerShell.Module.Commands;

/// <summary>Reads keys of a live cluster: one, all with a prefix, or a range; now or at an older revision.</summary>
/// <remarks>
/// <para>
/// Ranges of any size are read page by page at one revision, the one of the first page, so that what comes out existed at one moment; the keys
/// stream in byte order while they are read. An older revision can be read until it is compacted. A key that was named and does not exist is
/// an error; a prefix or range without keys gives nothing.
/// </para>
/// </remarks>
/// <example>
/// <para>Read one key.</para>
/// <code>(Get-EtcdKey /config/limit).Value</code>
/// <para>The value as text; ValueBytes has its bytes.</para>
/// </example>
/// <example>
/// <para>Count the objects of each kind that a Kubernetes cluster stores.</para>
/// <code>Get-EtcdKey -Prefix /registry/ -KeysOnly | Group-Object { $_.Key.Split('/')[2] } -NoElement</code>
/// <para>With -KeysOnly no value crosses the network.</para>
/// </example>
/// <example>
/// <para>See what a key was before a change.</para>
/// <code>Get-EtcdKey /config/limit -Revision 1204330</code>
/// <para>The error EtcdRevisionCompacted says that this revision is gone.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "EtcdKey", DefaultParameterSetName = ByKey)]
[OutputType(typeof(EtcdKeyValue))]
public sealed class GetEtcdKeyCommand : EtcdClusterCmdlet
{
    private const string ByKey = "Key";
    private const string ByPrefix = "Prefix";
    private const string ByRange = "Range";

    /// <summary>The keys to read: text, bytes, or key objects.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByKey)]
    [KeyBytesTransform]
    public KeyName[]? Key { get; set; }

    /// <summary>Read every key that begins with this text. An empty text is every key.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByPrefix)]
    [AllowEmptyString]
    public string? Prefix { get; set; }

    /// <summary>Read the keys from this one on, in byte order. An empty text is from the first key on.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByRange)]
    [AllowEmptyString]
    public string? From { get; set; }

    /// <summary>Read up to this key, which is not read itself. Without it the range goes to the last key.</summary>
    [Parameter(ParameterSetName = ByRange)]
    [AllowEmptyString]
    public string To { get; set; } = "";

    /// <summary>Read at this main revision. The default is the newest.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? Revision { get; set; }

    /// <summary>Read at most so many keys of a prefix or range, in byte order.</summary>
    [Parameter(ParameterSetName = ByPrefix)]
    [Parameter(ParameterSetName = ByRange)]
    [ValidateRange(1, long.MaxValue)]
    public long? First { get; set; }

    /// <summary>Read no values: Value is empty.</summary>
    [Parameter]
    public SwitchParameter KeysOnly { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var cluster = OpenCluster();
        var options = new KeyReadOptions { Revision = Revision ?? 0, First = First ?? 0, KeysOnly = KeysOnly };
        if (Key is null)
        {
            var range = Prefix is not null ? EtcdKeyRange.Prefix(Prefix) : EtcdKeyRange.Between(From!, To);
            Run(async (output, token) =>
            {
                await foreach (var item in ClusterKeyReader.ReadAsync(cluster, range, options, token).ConfigureAwait(false))
                {
                    output.WriteObject(item);
                }
            });
            return;
        }

        foreach (var key in Key)
        {
            RunItem(key.ToString(), async (output, token) => output.WriteObject(await ReadAsync(cluster, key, options, token).ConfigureAwait(false)));
        }
    }

    private async Task<EtcdKeyValue> ReadAsync(IEtcdCluster cluster, KeyName key, KeyReadOptions options, CancellationToken cancellationToken)
    {
        var request = new EtcdRangeRequest(EtcdKeyRange.Single(key.Bytes)) { Revision = options.Revision, KeysOnly = options.KeysOnly };
        var page = await cluster.RangeAsync(request, cancellationToken).ConfigureAwait(false);
        return page.Items.Count > 0 ? page.Items[0] : throw new EtcdKeyNotFoundException(key.ToString(), ClusterName, options.Revision);
    }
}
