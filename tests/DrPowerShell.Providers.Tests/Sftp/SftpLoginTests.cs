using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Providers.Sftp;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Sftp;

/// <summary>Keys, certificates and passwords, and the host keys that are checked before any of them is shown.</summary>
public sealed class SftpLoginTests(SharedSshServer ssh) : IDisposable
{
    private readonly TempFolder _folder = new("sftp");

    private SshServer Server => ssh.Server;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_key_logs_in_and_one_with_a_passphrase_and_one_with_a_certificate()
    {
        await WorksAsync(ssh.Access);
        await WorksAsync(ssh.Access with { KeyPath = Server.EncryptedKey, KeyPassphrase = Server.Passphrase });
        await WorksAsync(ssh.Access with { KeyPath = Server.CertifiedKey, CertificatePath = Server.Certificate });
    }

    [Fact]
    public async Task A_key_that_is_not_authorized_is_rejected()
    {
        var error = await Assert.ThrowsAsync<StoreCredentialsRejectedException>(() => OpenAsync(ssh.Access with { KeyPath = Server.CertifiedKey }));
        Assert.Contains(Server.User, error.Message);
    }

    [Fact]
    public async Task A_key_that_is_missing_encrypted_or_none_says_so()
    {
        await NotUsableAsync(new() { KeyPath = _folder["none"] }, _folder["none"], "no such file");
        await NotUsableAsync(new() { KeyPath = Server.EncryptedKey }, Server.EncryptedKey, "encrypted");
        await NotUsableAsync(new() { KeyPath = Server.EncryptedKey, KeyPassphrase = "planted-secret" }, Server.EncryptedKey, "passphrase");
        await NotUsableAsync(new() { KeyPath = Server.Key + ".pub" }, Server.Key + ".pub", "public key");
        await NotUsableAsync(new() { KeyPath = Server.KnownHosts }, Server.KnownHosts, "no private key");
        await NotUsableAsync(new() { KeyPath = Server.Key, CertificatePath = Server.Certificate }, Server.Certificate, "certificate");
        await NotUsableAsync(new() { KeyPath = Server.Key, CertificatePath = _folder["none"] }, _folder["none"], "no such file");
        await NotUsableAsync(new() { CertificatePath = Server.Certificate }, Server.Certificate, "not named");
    }

    [Fact]
    public void Without_credentials_the_users_own_keys_are_tried_and_where_there_are_none_that_is_said()
    {
        var store = new Uri("sftp://backup@backup.example/dr");
        Assert.Throws<StoreCredentialsMissingException>(() => SshCredentials.Load(store, "backup", new(), _folder.FullName));
        File.Copy(Server.EncryptedKey, _folder["id_ed25519"]);
        Assert.Throws<StoreCredentialsMissingException>(() => SshCredentials.Load(store, "backup", new(), _folder.FullName));
        File.Copy(Server.Key, _folder["id_rsa"]);
        Assert.Single(SshCredentials.Load(store, "backup", new(), _folder.FullName));
    }

    [Fact]
    public async Task A_damaged_key_says_so_wherever_it_is_cut()
    {
        var lines = await File.ReadAllLinesAsync(Server.Key);
        var path = _folder["damaged"];
        for (var cut = 1; cut < lines.Length; cut++)
        {
            await File.WriteAllLinesAsync(path, [.. lines[..cut], .. lines[(cut + 1)..]]);
            await NotUsableAsync(new() { KeyPath = path }, path, "");
        }
    }

    [Fact]
    public async Task A_password_logs_in_and_a_wrong_one_is_rejected_and_never_shown()
    {
        Root.Require();
        await using var server = await SshServer.StartAsync(withPassword: true);
        var (user, password) = server.PasswordLogin;
        var known = new[] { server.KnownHosts };
        var options = ssh.Options("/tmp", server.Port, new() { Password = password, KnownHostsPaths = known }, user);
        await (await SharedSshServer.OpenAsync(options)).DisposeAsync();

        var wrong = options with { Sftp = options.Sftp with { Password = "planted-secret" } };
        var error = await Assert.ThrowsAsync<StoreCredentialsRejectedException>(() => SharedSshServer.OpenAsync(wrong));
        Assert.DoesNotContain("planted-secret", error.ToString());

        // A user without rights, in folders of another's.
        Directory.CreateDirectory(_folder["mine"]);
        (await Command.RunAsync("chmod", ["755", _folder.FullName])).ThrowIfFailed();
        var readable = options with { Uri = new Uri($"sftp://{user}@127.0.0.1:{server.Port}{_folder.FullName}") };
        await using var store = await SharedSshServer.OpenAsync(readable);
        await Assert.ThrowsAsync<StoreAccessDeniedException>(() => store.PutAsync("x", new byte[1], new(), default));
        await File.WriteAllTextAsync(_folder["y"], "y");
        await Assert.ThrowsAsync<StoreAccessDeniedException>(() => store.DeleteAsync("y", default));
        (await Command.RunAsync("chmod", ["700", _folder["mine"]])).ThrowIfFailed();
        await Assert.ThrowsAsync<StoreAccessDeniedException>(() => SharedSshServer.OpenAsync(options with { Uri = new Uri(readable.Uri + "/mine") }));
    }

    [Fact]
    public async Task A_host_key_that_stands_nowhere_is_unknown_and_is_not_added()
    {
        var known = _folder["known_hosts"];
        await File.WriteAllTextAsync(known, "");
        var error = await Assert.ThrowsAsync<StoreHostKeyUnknownException>(() => OpenAsync(ssh.Access with { KnownHostsPaths = [known] }));
        var shown = (await Command.RunAsync("ssh-keygen", ["-lf", Server["host_ed25519.pub"]])).ThrowIfFailed().Output.Split(' ')[1];
        Assert.Equal(shown, error.Fingerprint);
        Assert.Contains($"[127.0.0.1]:{Server.Port}", error.Message);
        Assert.Equal("", await File.ReadAllTextAsync(known));
    }

    [Fact]
    public async Task A_host_key_that_differs_or_is_revoked_is_refused()
    {
        var other = string.Join(' ', (await File.ReadAllTextAsync(Server["ca.pub"])).Split(' ')[..2]);
        await Assert.ThrowsAsync<StoreHostKeyMismatchException>(() => KnownAsync($"[127.0.0.1]:{Server.Port} {other}"));
        await Assert.ThrowsAsync<StoreHostKeyRevokedException>(() => KnownAsync(
            $"[127.0.0.1]:{Server.Port} {Server.HostKey("ed25519")}", $"@revoked * {Server.HostKey("ed25519")}"));
    }

    [Theory]
    [InlineData("ed25519")]
    [InlineData("ecdsa")]
    [InlineData("rsa")]
    public async Task Of_a_server_with_several_keys_the_known_one_is_asked_for(string kind) =>
        await KnownAsync($"[127.0.0.1]:{Server.Port} {Server.HostKey(kind)}");

    [Fact]
    public async Task A_host_certificate_is_good_where_its_authority_is_known_for_the_host()
    {
        var authority = string.Join(' ', (await File.ReadAllTextAsync(Server["ca.pub"])).Split(' ')[..2]);
        await KnownAsync($"@cert-authority [127.0.0.1]:* {authority}");
        await Assert.ThrowsAsync<StoreHostKeyUnknownException>(() => KnownAsync($"@cert-authority other.example {authority}"));
        await Assert.ThrowsAsync<StoreHostKeyRevokedException>(() => KnownAsync($"@cert-authority [127.0.0.1]:* {authority}", $"@revoked * {authority}"));
    }

    private async Task KnownAsync(params string[] lines)
    {
        var known = _folder["known_hosts"];
        await File.WriteAllLinesAsync(known, lines);
        await WorksAsync(ssh.Access with { KnownHostsPaths = [known] });
    }

    private async Task WorksAsync(SftpAccess access)
    {
        await using var store = await OpenAsync(access);
        Assert.Null(await store.FindAsync("nothing", default));
    }

    private async Task NotUsableAsync(SftpAccess access, string path, string reason)
    {
        var error = await Assert.ThrowsAsync<SshKeyNotUsableException>(() => OpenAsync(access with { KnownHostsPaths = [ssh.KnownHosts] }));
        Assert.Equal(path, error.Subject);
        Assert.Contains(reason, error.Message);
        Assert.DoesNotContain("planted-secret", error.ToString());
    }

    private Task<IBlobStore> OpenAsync(SftpAccess access) => SharedSshServer.OpenAsync(ssh.Options(_folder.FullName, access: access));
}
