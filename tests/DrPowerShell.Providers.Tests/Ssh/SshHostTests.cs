using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Providers.Ssh;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Ssh;

/// <summary>Connections, logins, shells and sudo: what only a host behind SSH does. Every refusal names the host and what to do.</summary>
public sealed class SshHostTests(SshMachines machines) : IDisposable
{
    private readonly TempFolder _folder = new("ssh");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_commands_go_over_one_connection_however_many_there_are_at_once()
    {
        await using var server = await SshServer.StartAsync();
        await using var host = new SshHost(SshMachines.Options(server));
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(number => host.RunAsync(HostCommand.Of("echo", $"{number}"), Token)));
        Assert.Equal(Enumerable.Range(0, 30).Select(number => $"{number}\n"), answers.Select(answer => answer.Output));
        Assert.Equal(1, await server.CountLoginsAsync());
    }

    [Fact]
    public async Task A_server_that_allows_one_session_only_will_do()
    {
        await using var server = await SshServer.StartAsync(more: ["MaxSessions 1"]);
        await using var host = new SshHost(SshMachines.Options(server) with { Timeout = TimeSpan.FromSeconds(4) });
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(number => host.RunAsync(HostCommand.Of("echo", $"{number}"), Token)));
        Assert.Equal(["0\n", "1\n", "2\n", "3\n"], answers.Select(answer => answer.Output));

        // It is watched all the same, and can be ended.
        Assert.Equal("done\n", (await host.RunAsync(HostCommand.Shell("sleep 5; echo done"), Token)).Output);
        await Assert.ThrowsAsync<HostCommandTimedOutException>(() => host.RunAsync(HostCommand.Of("sleep", "87654.25") with { Timeout = TimeSpan.FromSeconds(1) }, Token));
        await Eventually.IsTrueAsync(async () => (await host.GetProcessesAsync(Token)).All(process => !process.Arguments.Contains("87654.25")), "it was ended");
    }

    [Fact]
    public async Task What_a_login_shell_prints_is_not_the_commands()
    {
        await using var host = await machines.OpenAsync("noisy");
        Assert.Equal(new HostCommandResult(3, "out\n", "err\n"), await host.RunAsync(HostCommand.Shell("echo out; echo err >&2; exit 3"), Token));
        Assert.NotEqual(0, (await host.GetFactsAsync(Token)).UserId);
        var bytes = new byte[100_000];
        Random.Shared.NextBytes(bytes);
        Assert.True(await host.TryCreateAsync($"/dev/shm/{Path.GetFileName(_folder.FullName)}", bytes, Token));
        try
        {
            Assert.Equal(bytes, await host.ReadAsync($"/dev/shm/{Path.GetFileName(_folder.FullName)}", Token));
        }
        finally
        {
            File.Delete($"/dev/shm/{Path.GetFileName(_folder.FullName)}");
        }
    }

    [Fact]
    public async Task An_account_without_a_shell_says_so()
    {
        await using var host = await machines.OpenAsync("nologin");
        var error = await RefusedAsync<HostShellNotUsableException>(host, "not available");
        Assert.Contains((await machines.ServerAsync()).Login("nologin"), error.Message);
    }

    [Theory]
    [InlineData("ForceCommand internal-sftp", "")]
    [InlineData("ForceCommand echo backups only", "backups only")]
    public async Task A_server_that_runs_something_else_says_so(string line, string reason)
    {
        await using var server = await SshServer.StartAsync(more: [line]);
        await using var host = new SshHost(SshMachines.Options(server));
        await RefusedAsync<HostShellNotUsableException>(host, reason);
    }

    [Theory]
    [InlineData("asks")]
    [InlineData("plain")]
    public async Task Sudo_that_wants_a_password_is_refused_at_once(string login)
    {
        await using var host = new SshHost(SshMachines.Options(await machines.ServerAsync(), login) with { Sudo = true });
        var error = await RefusedAsync<SudoRefusedException>(host, "password is required");
        Assert.Contains("NOPASSWD", error.RecommendedAction);
        await Assert.ThrowsAsync<SudoRefusedException>(() => host.ReadAsync("/etc/shadow", Token));
    }

    [Fact]
    public async Task What_sudo_warns_of_is_neither_an_error_nor_the_commands_own()
    {
        await using var host = await machines.OpenAsync("sudo");
        Assert.Equal(new HostCommandResult(1, "", "no\n"), await host.RunAsync(HostCommand.Shell("echo no >&2; exit 1"), Token));
        Assert.Equal(new HostCommandResult(1, "", "sudo: not me\n"), await host.RunAsync(HostCommand.Shell("echo 'sudo: not me' >&2; exit 1"), Token));
    }

    [Fact]
    public async Task What_a_user_may_not_see_is_not_taken_for_missing()
    {
        await File.WriteAllTextAsync(_folder["db"], "", Token);
        await using var host = await machines.OpenAsync("plain");
        var error = await Assert.ThrowsAsync<HostAccessDeniedException>(() => host.FindAsync(_folder["db"], Token));
        Assert.Contains("sudo", error.RecommendedAction);
        Assert.Contains((await machines.ServerAsync()).Login("plain"), error.Message);
        await Assert.ThrowsAsync<HostAccessDeniedException>(() => host.ListAsync(_folder.FullName, Token));
        await Assert.ThrowsAsync<HostAccessDeniedException>(() => host.ReadAsync("/etc/shadow", Token));
        await Assert.ThrowsAsync<HostAccessDeniedException>(() => host.WriteAsync("/etc/passwd", Array.Empty<byte>(), null, Token));
        await Assert.ThrowsAsync<HostAccessDeniedException>(() => host.MoveAsync(_folder["db"], _folder["x"], Token));
        await Assert.ThrowsAsync<HostAccessDeniedException>(() => host.RemoveAsync(_folder["db"], Token));
        await Assert.ThrowsAsync<HostAccessDeniedException>(() => host.GetDigestsAsync(_folder.FullName, Token));
        Assert.True(File.Exists(_folder["db"]));
    }

    [Fact]
    public async Task A_key_or_a_user_that_is_not_let_in_is_named()
    {
        var server = await machines.ServerAsync();
        var options = SshMachines.Options(server);
        await using var wrongKey = new SshHost(options with { Access = options.Access with { KeyPath = server.CertifiedKey } });
        await RefusedAsync<HostLoginRefusedException>(wrongKey, server.User);
        await using var wrongUser = new SshHost(options with { User = "nobody-at-all" });
        await RefusedAsync<HostLoginRefusedException>(wrongUser, "nobody-at-all");
        await using var noKey = new SshHost(options with { Access = options.Access with { KeyPath = _folder["none"] } });
        await Assert.ThrowsAsync<SshKeyNotUsableException>(() => noKey.GetFactsAsync(Token));
    }

    [Fact]
    public async Task A_host_key_that_is_unknown_another_or_revoked_is_not_trusted()
    {
        var server = await machines.ServerAsync();
        var at = $"[127.0.0.1]:{server.Port}";
        var other = string.Join(' ', (await File.ReadAllTextAsync(server["ca.pub"], Token)).Split(' ')[..2]);
        await KnownAsync<HostKeyUnknownException>("", at);
        await KnownAsync<HostKeyMismatchException>($"{at} {other}", _folder["known"]);
        await KnownAsync<HostKeyRevokedException>($"{at} {server.HostKey("ed25519")}\n@revoked * {server.HostKey("ed25519")}", _folder["known"]);

        async Task KnownAsync<T>(string lines, string told)
            where T : RecoveryException
        {
            await File.WriteAllTextAsync(_folder["known"], lines + "\n", Token);
            var options = SshMachines.Options(server);
            await using var host = new SshHost(options with { Access = options.Access with { KnownHostsPaths = [_folder["known"]] } });
            var error = await RefusedAsync<T>(host, told);
            Assert.Equal(FailureKind.Security, error.Kind);
        }
    }

    [Fact]
    public async Task A_jump_that_cannot_be_made_is_named()
    {
        var server = await machines.ServerAsync();
        var options = SshMachines.Options(server);
        var port = FreePorts.Next();
        var hop = new SshHop("127.0.0.1", port, server.User) { Access = options.Access };
        await using var noHop = new SshHost(options with { Access = options.Access with { Jumps = [hop] } });
        await RefusedAsync<HostUnreachableException>(noHop, $"127.0.0.1:{port}");
        await using var noHost = new SshHost(options with { Port = port, Access = options.Access with { Jumps = [hop with { Port = server.Port }] } });
        await RefusedAsync<HostUnreachableException>(noHost, $"127.0.0.1:{server.Port}");
    }

    private static async Task<T> RefusedAsync<T>(SshHost host, string told)
        where T : RecoveryException
    {
        var error = await Assert.ThrowsAsync<T>(() => host.RunAsync(HostCommand.Of("true"), Token).WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.StartsWith("etcd-1", error.Message);
        Assert.Contains(told, error.Message);
        Assert.NotEmpty(error.RecommendedAction!);
        TestContext.Current.SendDiagnosticMessage($"{error.Message} -> {error.RecommendedAction}");
        return error;
    }
}
