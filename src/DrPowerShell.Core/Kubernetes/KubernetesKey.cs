using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Core.Kubernetes;

/// <summary>What lies under a key of the API server.</summary>
public enum KubernetesKeyKind
{
    /// <summary>An object that somebody made and would miss.</summary>
    Object,

    /// <summary>An object that is written all the time and renews itself: an event, a lease of the coordination API.</summary>
    Ephemeral,

    /// <summary>The API server's own record, which it makes again: address and port ranges, the list of API servers.</summary>
    Record,
}

/// <summary>What a key in etcd says of the Kubernetes object under it.</summary>
/// <param name="Kind">What lies there.</param>
/// <param name="Resource">The resource as the API server names it in the key, such as pods or minions.</param>
/// <param name="ApiGroup">The API group; empty for the core group.</param>
/// <param name="ObjectKind">The object's kind; the resource itself where the key does not tell, as in encrypted custom resources.</param>
/// <param name="Namespace">Null for kinds without one.</param>
/// <param name="Name">The object's name.</param>
/// <remarks>
/// <code>
/// key      = prefix "/" ( builtin / custom / service ) [ "/" namespace ] "/" name
/// prefix   = "/registry"                                  ; the API server's --etcd-prefix
/// builtin  = resource                                     ; pods, deployments, minions (nodes), controllers, ingress
/// custom   = group "/" resource                           ; a group has a dot: apiextensions.k8s.io/customresourcedefinitions
/// service  = "services/specs" / "services/endpoints"
/// </code>
/// Not objects: ranges/…, masterleases/…, peerserverleases/…, and compact_rev_key, which lies outside of the prefix.
/// (kubernetes v1.31 pkg/kubeapiserver/default_storage_factory_builder.go SpecialDefaultResourcePrefixes; pkg/registry/core/rest/storage_core.go)
/// </remarks>
public readonly record struct KubernetesKey(KubernetesKeyKind Kind, string Resource, string ApiGroup, string ObjectKind, string? Namespace, string Name)
{
    private const int MaxKey = 2048;

    /// <summary>Reads a key.</summary>
    /// <param name="key">Any bytes.</param>
    /// <param name="prefix">The API server's <c>--etcd-prefix</c>, with or without slashes at its ends.</param>
    /// <param name="result">What it says.</param>
    /// <returns>False where the key is none of the API server's, or is not of that shape.</returns>
    public static bool TryRead(ReadOnlySpan<byte> key, string prefix, out KubernetesKey result)
    {
        result = default;
        if (key.Length > MaxKey || !IsText(key))
        {
            return false;
        }

        var text = EtcdText.Show(key);
        var start = "/" + prefix.Trim('/');
        start = start.Length == 1 ? start : start + "/";
        if (!text.StartsWith(start, StringComparison.Ordinal))
        {
            return false;
        }

        var parts = text[start.Length..].Split('/');
        if (parts.Length < 2 || Array.Exists(parts, part => part.Length == 0))
        {
            return false;
        }

        return parts[0] switch
        {
            "ranges" or "masterleases" or "peerserverleases" => TryRecord(parts, out result),
            "services" => parts.Length == 4 && TryBuiltIn($"{parts[0]}/{parts[1]}", parts.AsSpan(2), out result),
            var group when group.Contains('.', StringComparison.Ordinal) => TryCustom(parts, out result),
            var resource => TryBuiltIn(resource, parts.AsSpan(1), out result),
        };
    }

    private static bool TryRecord(string[] parts, out KubernetesKey result)
    {
        result = new(KubernetesKeyKind.Record, parts[0], "", parts[0], null, string.Join('/', parts[1..]));
        return true;
    }

    private static bool TryBuiltIn(string resource, ReadOnlySpan<string> rest, out KubernetesKey result)
    {
        var (kind, group) = KubernetesResources.Find(resource) ?? (resource, "");
        return TryMake(resource, group, kind, rest, out result);
    }

    private static bool TryCustom(string[] parts, out KubernetesKey result)
    {
        var kind = KubernetesResources.Find($"{parts[0]}/{parts[1]}")?.Kind ?? parts[1];
        return TryMake(parts[1], parts[0], kind, parts.AsSpan(2), out result);
    }

    private static bool TryMake(string resource, string group, string kind, ReadOnlySpan<string> rest, out KubernetesKey result)
    {
        result = default;
        if (rest.Length is not (1 or 2))
        {
            return false;
        }

        var what = resource is "events" or "leases" && group is "" or "coordination.k8s.io" ? KubernetesKeyKind.Ephemeral : KubernetesKeyKind.Object;
        result = new(what, resource, group, kind, rest.Length == 2 ? rest[0] : null, rest[^1]);
        return true;
    }

    // What is shown to people must not hold characters that steer a terminal.
    private static bool IsText(ReadOnlySpan<byte> key) => key.IndexOfAnyInRange((byte)0, (byte)0x1F) < 0 && !key.Contains((byte)0x7F) && System.Text.Unicode.Utf8.IsValid(key);
}
