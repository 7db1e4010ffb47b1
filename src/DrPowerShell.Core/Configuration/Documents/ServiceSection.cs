using DrPowerShell.Core.Services;

namespace DrPowerShell.Core.Configuration.Documents;

/// <summary>A service on one or more hosts.</summary>
public sealed record ServiceSection
{
    [EstateKey("The machines that it runs on: names from hosts.", Required = true, Minimum = 1, NamesOf = "hosts")]
    public IReadOnlyList<string> Hosts { get; init; } = [];

    [EstateKey("What manages it.", Default = "systemd")]
    public ServiceKind Type { get; init; }

    [EstateKey("The unit, the static pod, or a name for the commands.", Required = true)]
    public string Name { get; init; } = "";

    [EstateKey("Of a static pod: its manifest on the host. Default: /etc/kubernetes/manifests/NAME.yaml.")]
    public string? Manifest { get; init; }

    [EstateKey("Of a command: what starts it, a line for /bin/sh.")]
    public string? Start { get; init; }

    [EstateKey("Of a command: what stops it.")]
    public string? Stop { get; init; }

    [EstateKey("Of a command: exits with 0 while it runs.")]
    public string? Status { get; init; }

    [EstateKey("The TCP ports that it listens on.", Minimum = 0, Maximum = 65535)]
    public IReadOnlyList<int> Ports { get; init; } = [];

    [EstateKey("A text in the command line of its process and of no other.")]
    public string? Process { get; init; }
}

/// <summary>The service of a member, on the member's own host.</summary>
public sealed record MemberServiceSection
{
    [EstateKey("What manages it.", Default = "systemd")]
    public ServiceKind Type { get; init; }

    [EstateKey("The unit, the static pod, or a name for the commands.", Default = "etcd")]
    public string Name { get; init; } = "etcd";

    [EstateKey("Of a static pod: its manifest on the host. Default: /etc/kubernetes/manifests/NAME.yaml.")]
    public string? Manifest { get; init; }

    [EstateKey("Of a command: what starts it, a line for /bin/sh.")]
    public string? Start { get; init; }

    [EstateKey("Of a command: what stops it.")]
    public string? Stop { get; init; }

    [EstateKey("Of a command: exits with 0 while it runs.")]
    public string? Status { get; init; }
}
