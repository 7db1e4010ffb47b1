using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Core.Configuration.Documents;

/// <summary>One machine of an estate, and how to get in over SSH.</summary>
public sealed record HostSection
{
    [EstateKey("How it is reached: over ssh, or local for the machine that the command runs on.", Default = "ssh")]
    public HostKind Type { get; init; }

    [EstateKey("Do everything on it as root through sudo, which must not ask for a password.", Default = false)]
    public bool Sudo { get; init; }

    [EstateKey("Its name in DNS or its address. Default: its name here.")]
    public string? Address { get; init; }

    [EstateKey("The port of its SSH server.", Minimum = 1, Maximum = 65535, Default = 22)]
    public int? Port { get; init; }

    [EstateKey("The user to log in as.")]
    public string? User { get; init; }

    [EstateKey("What fails together with it, such as a site's name.")]
    public string? Place { get; init; }

    [EstateKey("A private key file.", Format = EstateFormat.File)]
    public string? Key { get; init; }

    [EstateKey("Where the key's passphrase is kept.")]
    public SecretReference? KeyPassphrase { get; init; }

    [EstateKey("An OpenSSH certificate for the key.", Format = EstateFormat.File)]
    public string? Certificate { get; init; }

    [EstateKey("Where the password is kept.")]
    public SecretReference? Password { get; init; }

    [EstateKey("known_hosts files. Default: the user's and the machine's own.", Format = EstateFormat.File)]
    public IReadOnlyList<string> KnownHosts { get; init; } = [];

    [EstateKey("Hosts to pass through, the nearest first.")]
    public IReadOnlyList<JumpSection> Jump { get; init; } = [];
}
