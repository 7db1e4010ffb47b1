using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using DrPowerShell.Module.Tests.Restores;
using DrPowerShell.Testing.Etcd;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Module.Tests.Runs;

/// <summary>A restore whose plan names another member on another host, and business checks with a secret, dies with its shell; another shell goes on with it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KilledPlanTests
{
    private const string Token = "Bearer correct-horse-battery";

    [Fact]
    public async Task It_is_gone_on_with_on_the_hosts_that_the_plan_alone_names_and_its_checks_are_made_with_their_secrets()
    {
        await using var server = await SshServer.StartAsync();
        await using var target = new ServiceCluster(EtcdBinaries.V35, 1);
        await using var scene = await RestoreScene.StartAsync(1);
        var old = scene.Cluster;
        scene.Write("estate.yaml", (await File.ReadAllTextAsync(old["estate.yaml"], TestContext.Current.CancellationToken)).Replace("hosts:\n", $"hosts:\n{Way("spare", server)}{Way("witness", server)}", StringComparison.Ordinal));
        using var shop = new Shop();
        scene.Write("token", Token);
        scene.Write("check.ps1", "param([Parameter(Mandatory)] [int] $Number) \"number $($Number + 1)\"");
        var member = target["m1"];
        var plan = scene.Write("plan.yaml", $$"""
            cluster: prod
            source: { file: s.db }
            acceptDataLoss: 1d
            members:
              n1:
                host: spare
                configuration: {{member}}/etcd.yaml
                service: { type: command, name: etcd-n1, start: /bin/sh {{member}}/start.sh, stop: /bin/sh {{member}}/stop.sh, status: /bin/sh {{member}}/status.sh }
            checks:
              - { name: shop, type: http, url: 'http://127.0.0.1:{{shop.Port}}/health', pattern: open, secretHeaders: { Authorization: 'file:token' } }
              - { name: key, type: etcd-key, key: /a, pattern: '^one$' }
              - { name: own script, type: script, script: check.ps1, parameters: { Number: 6 }, pattern: '^number 7$' }
              - { name: there, type: command, host: witness, command: echo $SSH_CONNECTION, pattern: '127' }
            """);
        await old.KillAsync();
        var start = new HeldStart(target, "m1");
        start.Ask();
        using (var shell = new RestoreShell($"Restore-EtcdCluster -Plan '{plan}' -Estate '{old["estate.yaml"]}' -JournalDirectory '{scene["runs"]}' -Confirm:$false"))
        {
            await start.UntilHeldAsync(shell);
            await shell.KillAsync();
        }

        start.End();
        Assert.Empty(shop.Seen);
        var logins = await server.CountLoginsAsync();

        var run = scene.Run("Get-RecoveryRun -Cluster prod -Result Interrupted | Resume-RecoveryRun -Confirm:$false").One;

        Assert.Equal("Healthy True", $"{run.Result} {run.IsSealed}");
        foreach (var name in new[] { "shop", "key", "own script", "there" })
        {
            Assert.True(run.Facts["check." + name].GetProperty("passed").GetBoolean(), name);
        }

        Assert.Equal(Token, Assert.Single(shop.Seen.Distinct(StringComparer.Ordinal)));
        Assert.True(await server.CountLoginsAsync() >= logins + 2, "both hosts were connected anew");
        Assert.Contains("one", (await target.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.Contains("n1", (await target.EtcdctlAsync("member", "list")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.False(await old.IsRunningAsync("m1"));
        Assert.True(Directory.Exists(old["m1", $"data.parked-{run.Id}", "member"]));
        Assert.Equal("Sealed", scene.Run($"Test-RecoveryJournal {run.Id} -FailOn Warning").One.Status.ToString());
        Assert.DoesNotContain("correct-horse", string.Concat(Directory.EnumerateFiles(scene["runs", (string)run.Id]).Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    private static string Way(string name, SshServer server) => string.Create(
        CultureInfo.InvariantCulture, $"  {name}: {{ address: 127.0.0.1, port: {server.Port}, user: {server.User}, key: {server.Key}, knownHosts: [{server.KnownHosts}] }}\n");

    /// <summary>A page that is open to whoever has the token.</summary>
    private sealed class Shop : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Shop()
        {
            _listener.Start();
            _ = ServeAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        /// <summary>What visitors had in their Authorization header.</summary>
        public ConcurrentQueue<string> Seen { get; } = new();

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    using var reader = new StreamReader(client.GetStream());
                    var token = "";
                    while (await reader.ReadLineAsync() is { Length: > 0 } line)
                    {
                        token = line.StartsWith("Authorization: ", StringComparison.OrdinalIgnoreCase) ? line["Authorization: ".Length..] : token;
                    }

                    Seen.Enqueue(token);
                    var status = token == Token ? "200 OK" : "401 Unauthorized";
                    await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 4\r\nConnection: close\r\n\r\nopen"));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // The test is over.
            }
        }
    }
}
