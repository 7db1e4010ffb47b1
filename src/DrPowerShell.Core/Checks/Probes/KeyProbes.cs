using System.Text;
using DrPowerShell.Core.Checks.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Core.Checks.Probes;

/// <summary>Reads keys of the restored cluster, linearizably: with a quorum, as clients do.</summary>
internal sealed class EtcdKeyProbe(CheckSection check, CheckWorld world) : CheckProbe(check, world)
{
    public override async Task<ProbeAnswer> AskAsync(CancellationToken cancellationToken)
    {
        var cluster = await Opened(World, Check, cancellationToken).ConfigureAwait(false);
        await using var end = cluster.ConfigureAwait(false);
        if (Check.Prefix is { } prefix)
        {
            var count = await CountAsync(cluster, prefix, cancellationToken).ConfigureAwait(false);
            var least = Check.AtLeast ?? 1;
            return new ProbeAnswer(count >= least, $"{ProbeText.Number(count)} keys below {prefix}{(count >= least ? "" : $", and there must be {ProbeText.Number(least)} at least")}");
        }

        var key = Needed(Check.Key, "key");
        var page = await cluster.RangeAsync(new EtcdRangeRequest(EtcdKeyRange.Single(key)), cancellationToken).ConfigureAwait(false);
        return page.Items is not [var item] ? new ProbeAnswer(false, $"there is no key {key}")
            : !Matches(Encoding.UTF8.GetString(item.ValueBytes)) ? new ProbeAnswer(false, $"the pattern is not in the value of {key}")
            : new ProbeAnswer(true, $"{key} is there");
    }

    internal static Task<IEtcdCluster> Opened(CheckWorld world, CheckSection check, CancellationToken cancellationToken) =>
        world.Cluster?.Invoke(cancellationToken) ?? throw new CheckNotPossibleException(check.Name, "no cluster is known here.");

    internal static async Task<long> CountAsync(IEtcdCluster cluster, string prefix, CancellationToken cancellationToken) =>
        (await cluster.RangeAsync(new EtcdRangeRequest(EtcdKeyRange.Prefix(prefix)) { KeysOnly = true, Limit = 1 }, cancellationToken).ConfigureAwait(false)).Count;
}

/// <summary>Counts objects of Kubernetes: by their keys, or through the API server.</summary>
/// <remarks>
/// Keys lie at /registry/RESOURCE/, those of custom kinds at /registry/GROUP/RESOURCE/; the kinds that Kubernetes brings have no group in their
/// keys, whatever their group in the API, but for a few that are counted by the resource as it is written.
/// </remarks>
internal sealed class KubernetesProbe(CheckSection check, CheckWorld world) : CheckProbe(check, world)
{
    private const int Percent = 100;

    public override async Task<ProbeAnswer> AskAsync(CancellationToken cancellationToken)
    {
        var resource = Needed(Check.Resource, "resource");
        var count = Check.Kubeconfig is { } file
            ? await ProviderLoader.Catalog.Kubernetes.CountAsync(file, Check.Context, resource, cancellationToken).ConfigureAwait(false)
            : await CountKeysAsync(resource, cancellationToken).ConfigureAwait(false);
        var least = Math.Max(Check.AtLeast ?? 0, await SnapshotsPartAsync(resource, cancellationToken).ConfigureAwait(false));
        return new ProbeAnswer(count >= least, $"{ProbeText.Number(count)} {resource}{(count >= least ? "" : $", and there must be {ProbeText.Number(least)} at least")}");
    }

    /// <summary>Where the keys of a resource may lie: first where Kubernetes keeps its own, then where it keeps custom ones.</summary>
    internal static IReadOnlyList<string> Prefixes(string resource)
    {
        var (name, group) = resource.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? (resource[..dot], resource[(dot + 1)..]) : (resource, "");
        // Kubernetes itself stores these below another name.
        var stored = (name, group) switch
        {
            ("nodes", "") => "minions",
            ("endpoints", "") => "services/endpoints",
            ("services", "") => "services/specs",
            ("ingresses", _) => "ingress",
            _ => name,
        };
        return group.Length == 0 ? [$"/registry/{stored}/"] : [$"/registry/{stored}/", $"/registry/{group}/{name}/"];
    }

    private async Task<long> CountKeysAsync(string resource, CancellationToken cancellationToken)
    {
        var cluster = await EtcdKeyProbe.Opened(World, Check, cancellationToken).ConfigureAwait(false);
        await using var end = cluster.ConfigureAwait(false);
        var sum = 0L;
        foreach (var prefix in Prefixes(resource))
        {
            sum += await EtcdKeyProbe.CountAsync(cluster, prefix, cancellationToken).ConfigureAwait(false);
        }

        return sum;
    }

    private async Task<long> SnapshotsPartAsync(string resource, CancellationToken cancellationToken)
    {
        if (Check.AtLeastPercent is not { } percent)
        {
            return 0;
        }

        var sum = 0L;
        foreach (var prefix in Prefixes(resource))
        {
            sum += (World.SnapshotCount is null ? null : await World.SnapshotCount(prefix, cancellationToken).ConfigureAwait(false))
                ?? throw new CheckNotPossibleException(Check.Name, "how many objects the snapshot holds is not known here.");
        }

        return (long)Math.Ceiling(sum * percent / Percent);
    }
}
