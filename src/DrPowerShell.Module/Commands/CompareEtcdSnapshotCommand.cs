using System.Management.Automation;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Errors;

namespace DrPowerShell.Module.Commands;

/// <summary>Compares the keys of two snapshots, or of a snapshot with a live cluster: what was added, removed, changed.</summary>
/// <remarks>
/// <para>
/// The reference is the older state in mind, the difference the newer one: Added means that only the difference has the key. Without
/// -DifferencePath the difference is the live cluster that the connection parameters name, read at one revision. Keys come in byte order;
/// a key that was written again with the same value and lease is no difference.
/// </para>
/// <para>Against a live cluster the question answered is: what would be lost, and what would come back, if this snapshot were restored?</para>
/// </remarks>
/// <example>
/// <para>See what changed between two nights.</para>
/// <code>Compare-EtcdSnapshot -ReferencePath ./monday.db -DifferencePath ./tuesday.db | Group-Object Change -NoElement</code>
/// </example>
/// <example>
/// <para>See which keys a restore of a snapshot would lose.</para>
/// <code>Compare-EtcdSnapshot ./last-night.db -Cluster prod -Prefix /registry/ | Where-Object Change -eq Added</code>
/// <para>Added since the snapshot: lost by restoring it.</para>
/// </example>
/// <example>
/// <para>See the old and the new value of one key.</para>
/// <code>Compare-EtcdSnapshot ./monday.db ./tuesday.db -Prefix /config/ | Select-Object Key, @{ n = 'Old'; e = { $_.Reference.Value } }, @{ n = 'New'; e = { $_.Difference.Value } }</code>
/// </example>
[Cmdlet(VerbsData.Compare, "EtcdSnapshot")]
[OutputType(typeof(EtcdKeyDifference))]
public sealed class CompareEtcdSnapshotCommand : EtcdClusterCmdlet
{
    /// <summary>The snapshot that is compared against: the older state.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Path", "PSPath", "LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string ReferencePath { get; set; } = "";

    /// <summary>The snapshot that is compared: the newer state. Without it the live cluster is.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? DifferencePath { get; set; }

    /// <summary>Compare only keys that begin with this text.</summary>
    [Parameter]
    [AllowEmptyString]
    public string Prefix { get; set; } = "";

    /// <inheritdoc/>
    protected override void Process()
    {
        var range = EtcdKeyRange.Prefix(Prefix);
        var reference = ResolveFiles([ReferencePath], literal: true)[0];
        if (DifferencePath is null)
        {
            var cluster = OpenCluster();
            Run(async (output, token) =>
            {
                using var reader = SnapshotKeyReader.Open(reference);
                var live = ClusterKeyReader.ReadAsync(cluster, range, new KeyReadOptions(), token);
                await foreach (var difference in KeyComparison.CompareAsync(KeyStream.Of(reader.Read(range, cancellationToken: token)), live, token).ConfigureAwait(false))
                {
                    output.WriteObject(difference);
                }
            });
            return;
        }

        if (Cluster is not null || Endpoint is not null)
        {
            throw new ParametersConflictException(nameof(DifferencePath), "-DifferencePath and a live cluster were both given; each is the other side.", "Leave one of them out.");
        }

        var difference = ResolveFiles([DifferencePath], literal: true)[0];
        Run(async (output, token) =>
        {
            using var left = SnapshotKeyReader.Open(reference);
            using var right = SnapshotKeyReader.Open(difference);
            var found = KeyComparison.CompareAsync(
                KeyStream.Of(left.Read(range, cancellationToken: token)), KeyStream.Of(right.Read(range, cancellationToken: token)), token);
            await foreach (var item in found.ConfigureAwait(false))
            {
                output.WriteObject(item);
            }
        });
    }
}
