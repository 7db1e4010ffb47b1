using System.Diagnostics;
using DrPowerShell.Testing.Hosts;

namespace DrPowerShell.Testing.Stores;

/// <summary>
/// A real OpenSSH server on a free loopback port, for the user who runs the tests, with keys, a certificate authority and known_hosts made for
/// it. It ends with this process, however that dies.
/// </summary>
public sealed class SshServer : IAsyncDisposable
{
    private readonly Process _holder;
    private readonly string _name;
    private readonly IReadOnlyDictionary<string, string> _facts;
    private readonly bool _hasUser;
    private readonly bool _isInside;

    private SshServer(Process holder, string name, IReadOnlyDictionary<string, string> facts, (string User, string Password)? login, bool isInside)
    {
        _isInside = isInside;
        (_holder, _name, _facts, _hasUser) = (holder, name, facts, login is not null);
        (Port, User, Folder) = (int.Parse(facts["SSH_PORT"], System.Globalization.CultureInfo.InvariantCulture), facts["SSH_USER"], facts["SSH_FOLDER"]);
        PasswordLogin = login ?? default;
    }

    public int Port { get; }

    /// <summary>Whom the keys let in: the user who runs the tests.</summary>
    public string User { get; }

    /// <summary>A user with a password and no rights; only where it was asked for.</summary>
    public (string User, string Password) PasswordLogin { get; }

    /// <summary>A key without a passphrase that is let in.</summary>
    public string Key => this["id"];

    /// <summary>A key that is let in and has <see cref="Passphrase"/>.</summary>
    public string EncryptedKey => this["id_encrypted"];

    public string Passphrase => File.ReadAllText(this["passphrase"]).Trim();

    /// <summary>A key that is let in with its certificate alone.</summary>
    public string CertifiedKey => this["id_certified"];

    public string Certificate => this["id_certified-cert.pub"];

    /// <summary>Holds the server's ed25519 key under its address and port.</summary>
    public string KnownHosts => this["known_hosts"];

    private string Folder { get; }

    /// <summary>A file of the server's own folder.</summary>
    public string this[string file] => Path.Combine(Folder, file);

    /// <summary>The server's public key of a kind (ed25519, ecdsa, rsa) as known_hosts has it: type and base64.</summary>
    public string HostKey(string kind) => string.Join(' ', File.ReadAllText(this[$"host_{kind}.pub"]).Split(' ')[..2]);

    /// <summary>Starts a server.</summary>
    /// <param name="withPassword">Make a user with a password, and let it in; needs root.</param>
    /// <param name="sftpArguments">What internal-sftp is started with: -R for read-only.</param>
    /// <param name="chroot">A folder to shut every session in; needs root.</param>
    /// <param name="inside">The machine that it runs on; null for this one. Stop it before the machine.</param>
    /// <param name="logins">Kinds of users to make for it: plain, sudo, asks, noisy, nologin, as sshd.sh tells; needs root.</param>
    /// <param name="more">Lines of sshd_config.</param>
    public static async Task<SshServer> StartAsync(
        bool withPassword = false, string? sftpArguments = null, string? chroot = null, SystemdMachine? inside = null, IEnumerable<string>? logins = null, IEnumerable<string>? more = null)
    {
        var name = "t" + Guid.NewGuid().ToString("N")[..10];
        (string, string)? login = null;
        if (withPassword)
        {
            var made = await Command.RunAsync(HeldService.Script("sshd.sh"), ["user", name]);
            var user = HeldService.Facts(made.ThrowIfFailed().Output.Split('\n'));
            login = (user["SSH_USER"], user["SSH_PASSWORD"]);
        }

        var (holder, facts) = await HeldService.StartAsync("sshd.sh", [name], new Dictionary<string, string>
        {
            ["SSHD_PASSWORD"] = withPassword ? "1" : "",
            ["SSHD_SFTP"] = sftpArguments ?? "",
            ["SSHD_FOLDER"] = chroot ?? "",
            ["SSHD_ENTER"] = inside?.Enter ?? "",
            ["SSHD_LOGINS"] = string.Join(' ', logins ?? []),
            ["SSHD_MORE"] = string.Concat((more ?? []).Select(line => line + "\n")),
        });
        return new SshServer(holder, name, facts, login, inside is not null);
    }

    /// <summary>The user of a kind that it was started with.</summary>
    public string Login(string kind) => _facts["SSH_LOGIN_" + kind.ToUpperInvariant()];

    /// <summary>Sends a signal to the processes of all sessions, what runs in them included: KILL breaks the connections, STOP freezes the host, CONT wakes it.</summary>
    public async Task SignalSessionsAsync(string signal)
    {
        var server = await ListenerAsync();
        foreach (var pid in (await ProcessTree.OfAsync(server)).Where(pid => pid != server))
        {
            await Command.RunAsync("kill", ["-" + signal, pid.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        }
    }

    /// <summary>Sends a signal to the process that takes new connections.</summary>
    public async Task SignalListenerAsync(string signal) =>
        (await Command.RunAsync("kill", ["-" + signal, (await ListenerAsync()).ToString(System.Globalization.CultureInfo.InvariantCulture)])).ThrowIfFailed();

    /// <summary>How many connections were logged in so far.</summary>
    public async Task<int> CountLoginsAsync() => (await File.ReadAllTextAsync(this["sshd.log"])).Split("Accepted ").Length - 1;

    public async ValueTask DisposeAsync()
    {
        await HeldService.StopAsync(_holder);
        if (_hasUser)
        {
            await Command.RunAsync(HeldService.Script("sshd.sh"), ["nouser", _name]);
        }

        Directory.Delete(Folder, recursive: true);
    }

    // Inside a machine the process that was started is the one that entered it.
    private async Task<int> ListenerAsync()
    {
        var started = int.Parse((await File.ReadAllTextAsync(this["sshd.proc"])).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        return _isInside ? (await ProcessTree.OfAsync(started))[1] : started;
    }
}
