namespace DrPowerShell.Core.Kubernetes;

/// <summary>How the API server stored an object.</summary>
public enum KubernetesEncoding
{
    /// <summary>Not in a form that is read here: what the key says is all.</summary>
    Unknown,

    /// <summary>The API server's protobuf envelope.</summary>
    Protobuf,

    /// <summary>JSON, as custom resources are stored.</summary>
    Json,

    /// <summary>Encrypted at rest.</summary>
    Encrypted,
}

/// <summary>A stored Kubernetes object: its type and identity, not its content.</summary>
public sealed record KubernetesObject
{
    /// <summary>The version that it is stored in, such as apps/v1; null where only the key could be read.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>The API group; empty for the core group.</summary>
    public required string ApiGroup { get; init; }

    /// <summary>The kind, such as Pod.</summary>
    public required string Kind { get; init; }

    /// <summary>Null for kinds without one.</summary>
    public string? Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The uid; null where only the key could be read.</summary>
    public string? Uid { get; init; }

    /// <summary>When it was created, UTC; null where only the key could be read.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>When it is to be gone, UTC; null unless it is being deleted.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }

    /// <summary>The newest moment that it says it was written at (creation, managed fields, a lease's renewal), UTC; null where it says none.</summary>
    public DateTimeOffset? Written { get; init; }

    /// <summary>How it is stored.</summary>
    public KubernetesEncoding Encoding { get; init; }

    /// <summary>The provider that encrypted it, such as aescbc; null where it is not encrypted.</summary>
    public string? EncryptionProvider { get; init; }

    public override string ToString() => $"{Kind} {(Namespace is null ? "" : Namespace + "/")}{Name}";
}
