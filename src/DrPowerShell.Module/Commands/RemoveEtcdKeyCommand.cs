using System.Globalization;
using System.Management.Automation;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Errors;

namespace DrPowerShell.Module.Commands;

/// <summary>Removes keys of a live cluster: one, all with a prefix, or a range.</summary>
/// <remarks>
/// <para>
/// The prompt, and -WhatIf, say how many keys would go. A prefix or range goes in one transaction: the cluster never shows a part of it. What
/// was removed can be read at the revision before the removal until a compaction: Get-EtcdKey -Revision, and Set-EtcdKey writes it back.
/// </para>
/// <para>This asks before it acts; scripts say -Confirm:$false.</para>
/// </remarks>
/// <example>
/// <para>See what would go.</para>
/// <code>Remove-EtcdKey -Prefix /jobs/done/ -WhatIf</code>
/// <para>The number of keys is counted; nothing is removed.</para>
/// </example>
/// <example>
/// <para>Remove the keys of a prefix, and bring them back.</para>
/// <code>$removed = Remove-EtcdKey -Prefix /jobs/done/ -Confirm:$false
/// Get-EtcdKey -Prefix /jobs/done/ -Revision ($removed.Revision - 1) | Set-EtcdKey</code>
/// <para>The removal's object has the count and the revision.</para>
/// </example>
[Cmdlet(VerbsCommon.Remove, "EtcdKey", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ByKey)]
[OutputType(typeof(EtcdKeyRemoval))]
public sealed class RemoveEtcdKeyCommand : EtcdClusterCmdlet
{
    private const string ByKey = "Key";
    private const string ByPrefix = "Prefix";
    private const string ByRange = "Range";

    /// <summary>The keys to remove: text, bytes, or key objects.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByKey)]
    [KeyBytesTransform]
    public KeyName[]? Key { get; set; }

    /// <summary>Remove every key that begins with this text. An empty text is every key of the cluster.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByPrefix)]
    [AllowEmptyString]
    public string? Prefix { get; set; }

    /// <summary>Remove the keys from this one on, in byte order. An empty text is from the first key on.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByRange)]
    [AllowEmptyString]
    public string? From { get; set; }

    /// <summary>Remove up to this key, which is not removed itself. An empty text is to the last key.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByRange)]
    [AllowEmptyString]
    public string To { get; set; } = "";

    /// <inheritdoc/>
    protected override void Process()
    {
        var cluster = OpenCluster();
        if (Key is null)
        {
            RemoveRange(cluster);
            return;
        }

        foreach (var key in Key)
        {
            var text = key.ToString();
            if (ShouldProcess($"key '{text}' in {ClusterName}", "Remove"))
            {
                RunItem(text, async (output, token) =>
                {
                    var result = await cluster.DeleteAsync(EtcdKeyRange.Single(key.Bytes), token).ConfigureAwait(false);
                    output.WriteObject(result.Deleted > 0
                        ? new EtcdKeyRemoval { Target = text, Count = result.Deleted, Revision = result.Revision }
                        : throw new EtcdKeyNotFoundException(text, ClusterName));
                });
            }
        }
    }

    private void RemoveRange(IEtcdCluster cluster)
    {
        var (range, target, words) = Prefix is not null
            ? (EtcdKeyRange.Prefix(Prefix), Prefix, Prefix.Length == 0 ? "every key" : $"with prefix '{Prefix}'")
            : (EtcdKeyRange.Between(From!, To), $"[{From}, {To})", $"from '{From}' to before '{To}'");
        var (count, revision) = Run((_, token) => ClusterKeyReader.CountAsync(cluster, range, token));
        if (count == 0)
        {
            WriteVerbose($"No key {words} in {ClusterName}: nothing is to be removed.");
            WriteObject(new EtcdKeyRemoval { Target = target, Count = 0, Revision = revision });
            return;
        }

        var keys = count == 1 ? "1 key" : $"{count.ToString("N0", CultureInfo.CurrentCulture)} keys";
        if (ShouldProcess($"{keys} ({words}) in {ClusterName}", "Remove"))
        {
            Run(async (output, token) =>
            {
                var result = await cluster.DeleteAsync(range, token).ConfigureAwait(false);
                output.WriteObject(new EtcdKeyRemoval { Target = target, Count = result.Deleted, Revision = result.Revision });
            });
        }
    }
}
