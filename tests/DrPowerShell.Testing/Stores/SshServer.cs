using System.Diagnostics;

namespace DrPowerShell.Testing.Stores;

/// <summary>
/// A real OpenSSH server on a free loopback port, for the user who runs the tests, with keys, a certificate authority and known_hosts made for
/// it. It ends with this process, however that dies.
/// </summary>
public sealed class SshServer : IAsyncDisposable
{
    private readonly Process _holder;
    private readonly string _name;
    private readonly bool _hasUser;

    private SshServer(Process holder, string name, IReadOnlyDictionary<string, string> facts, (string User, string Password)? login)
    {
        (_holder, _name, _hasUser) = (holder, name, login is not null);
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
    public static async Task<SshServer> StartAsync(bool withPassword = false, string? sftpArguments = null, string? chroot = null)
    {
        var name = "t" + Guid.NewGuid().ToString("N")[..10];
        (string, string)? login = null;
        if (withPassword)
        {
            var made = await Command.RunAsync(Script("sshd.sh"), ["user", name]);
            var user = Facts(made.ThrowIfFailed().Output.Split('\n'));
            login = (user["SSH_USER"], user["SSH_PASSWORD"]);
        }

        var start = new ProcessStartInfo(Script("hold.sh"), ["sshd.sh", name])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        start.Environment["SSHD_PASSWORD"] = withPassword ? "1" : "";
        start.Environment["SSHD_SFTP"] = sftpArguments ?? "";
        start.Environment["SSHD_FOLDER"] = chroot ?? "";
        var holder = Process.Start(start)!;
        var lines = new List<string>();
        while (await holder.StandardOutput.ReadLineAsync() is { Length: > 0 } line)
        {
            lines.Add(line);
        }

        return lines.Count > 0
            ? new SshServer(holder, name, Facts(lines), login)
            : throw new InvalidOperationException("sshd.sh could not start a server: openssh-server is missing, or see its logs above.");
    }

    public async ValueTask DisposeAsync()
    {
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync();
        _holder.Dispose();
        if (_hasUser)
        {
            await Command.RunAsync(Script("sshd.sh"), ["nouser", _name]);
        }

        Directory.Delete(Folder, recursive: true);
    }

    private static string Script(string name) => Path.Combine(RepositoryPaths.ServiceScripts, name);

    private static Dictionary<string, string> Facts(IEnumerable<string> lines) =>
        lines.Where(line => line.Contains('=', StringComparison.Ordinal)).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
}
