using System.Security.Cryptography.X509Certificates;

namespace DrPowerShell.Core.Clusters;

/// <summary>How to reach a cluster: its client endpoints, TLS and the user.</summary>
public sealed record EtcdConnectionOptions
{
    /// <summary>The name by which the connection is known; the first endpoint's host where none is given.</summary>
    public string? Name { get; init; }

    /// <summary>One or more client URLs, http or https, each with its port.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>A PEM file with the certificates of the authorities that may have signed the servers' certificates; null for the machine's own store.</summary>
    public string? CACertificatePath { get; init; }

    /// <summary>The client's certificate with its private key; wins over <see cref="CertificatePath"/>.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>A PEM file with the client's certificate (and its chain).</summary>
    public string? CertificatePath { get; init; }

    /// <summary>A PEM file with the private key of <see cref="CertificatePath"/>.</summary>
    public string? CertificateKeyPath { get; init; }

    /// <summary>The etcd user, null where the cluster has no authentication.</summary>
    public string? UserName { get; init; }

    /// <summary>The user's password.</summary>
    public string? Password { get; init; }

    /// <summary>How long one request may take before it is given up or tried on another member. Default 5 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long connecting to one endpoint may take. Default 3 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a snapshot stream may stay silent before the member counts as dead. Default 30 s.</summary>
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    // A record prints its members: the password must never reach a log that way.
    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append("Endpoints = ").AppendJoin(',', Endpoints).Append(", UserName = ").Append(UserName);
        return true;
    }
}
