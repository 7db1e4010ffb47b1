using DrPowerShell.Core.Repositories;

namespace DrPowerShell.Core.Hosts;

/// <summary>How a host is reached.</summary>
public enum HostKind
{
    /// <summary>Over SSH.</summary>
    Ssh,

    /// <summary>The machine that this process runs on.</summary>
    Local,
}

/// <summary>A host, resolved: where it is and how to get in. Holds secrets; never print it whole.</summary>
public sealed record HostOptions
{
    /// <summary>The estate's name for it.</summary>
    public required string Name { get; init; }

    public HostKind Kind { get; init; }

    /// <summary>Its name in DNS or its address.</summary>
    public string Address { get; init; } = "";

    /// <summary>The port of its SSH server.</summary>
    public int Port { get; init; } = 22;

    /// <summary>The user to log in as.</summary>
    public string User { get; init; } = "";

    /// <summary>Keys, passwords, known hosts and jumps.</summary>
    public SftpAccess Access { get; init; } = new();

    /// <summary>Do everything as root through sudo, which must not ask for a password.</summary>
    public bool Sudo { get; init; }

    /// <summary>How long a connection may take to open, and a host may stay silent before it counts as gone. Default 15 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    public override string ToString() => Name;
}
