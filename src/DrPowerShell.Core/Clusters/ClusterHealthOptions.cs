namespace DrPowerShell.Core.Clusters;

/// <summary>From where on a test of a cluster speaks up.</summary>
public sealed record ClusterHealthOptions
{
    /// <summary>etcd's own quota where none was set: 2 GiB.</summary>
    public const long DefaultQuotaBytes = 2L << 30;

    /// <summary>How many log entries a member may be behind. Default 1000.</summary>
    public long MaximumIndexGap { get; init; } = 1000;

    /// <summary>The members' quota in bytes, for servers that do not tell it (before 3.6); null for etcd's own default.</summary>
    public long? QuotaBytes { get; init; }

    /// <summary>The part of the quota from which on its use is a warning. Default 0.8.</summary>
    public double QuotaWarning { get; init; } = 0.8;

    /// <summary>The part of the quota from which on its use is an error. Default 0.95.</summary>
    public double QuotaError { get; init; } = 0.95;

    /// <summary>The free part of the file from which on it is a warning, where it is 64 MiB or more. Default 0.5.</summary>
    public double MaximumFragmentation { get; init; } = 0.5;

    /// <summary>How long before its end a certificate is a warning. Default 30 days.</summary>
    public TimeSpan CertificateWarning { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Whether the key spaces are compared, for which each member reads its whole key space. Default true.</summary>
    public bool CompareHashes { get; init; } = true;
}
