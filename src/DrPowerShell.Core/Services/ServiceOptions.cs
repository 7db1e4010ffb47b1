namespace DrPowerShell.Core.Services;

/// <summary>What manages a service.</summary>
public enum ServiceKind
{
    /// <summary>A unit of systemd.</summary>
    Systemd,

    /// <summary>A static pod of the kubelet: a manifest in its folder.</summary>
    StaticPod,

    /// <summary>Commands that the estate gives.</summary>
    Command,
}

/// <summary>A service on a host, and how it is known to be up or down.</summary>
public sealed record ServiceOptions
{
    /// <summary>The unit, the pod, or a name for the commands.</summary>
    public required string Name { get; init; }

    /// <summary>The estate's name for the host that it is on.</summary>
    public required string Host { get; init; }

    public ServiceKind Kind { get; init; }

    /// <summary>Of a static pod: the manifest's path. Default: /etc/kubernetes/manifests/NAME.yaml.</summary>
    public string? Manifest { get; init; }

    /// <summary>Of commands: what starts it, a line for /bin/sh. It returns; what it started goes on.</summary>
    public string? StartCommand { get; init; }

    /// <summary>Of commands: what stops it.</summary>
    public string? StopCommand { get; init; }

    /// <summary>Of commands: exits with 0 while it runs.</summary>
    public string? StatusCommand { get; init; }

    /// <summary>The TCP ports that it listens on.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [];

    /// <summary>A text that is in the command line of its process and of no other, such as its data directory. Null for what the manager says alone.</summary>
    public string? ProcessText { get; init; }

    public override string ToString() => $"{Name} on {Host}";
}

/// <summary>What a service does, measured.</summary>
/// <param name="Activity">Up, down, or between the two.</param>
/// <param name="ProcessIds">Its processes.</param>
/// <param name="OpenPorts">Those of its ports on which something listens.</param>
/// <param name="Evidence">One line that tells what was seen, such as "systemd: inactive; no process; ports 2379, 2380 closed".</param>
public sealed record ServiceState(ServiceActivity Activity, IReadOnlyList<int> ProcessIds, IReadOnlyList<int> OpenPorts, string Evidence)
{
    /// <summary>Whether its manager wants it up: it runs, or is on its way, as a member that waits for its quorum.</summary>
    public bool IsWanted { get; init; }

    public override string ToString() => Evidence;
}

/// <summary>Whether a service runs.</summary>
public enum ServiceActivity
{
    /// <summary>Its manager says so, no process is left and all its ports are closed.</summary>
    Down,

    /// <summary>Its manager says so, its process runs and all its ports are open.</summary>
    Up,

    /// <summary>Anything else.</summary>
    Between,
}
