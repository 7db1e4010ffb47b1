using System.Diagnostics;
using System.Text.Json;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Restores.Configuration;
using DrPowerShell.Core.Services;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;
using static DrPowerShell.Core.Tests.Restores.Configuration.MemberConfigurationReaderTests;

namespace DrPowerShell.Core.Tests.Restores.Configuration;

/// <summary>A real etcd that is started with what was edited tells in its log what it took from it.</summary>
public sealed class EditedEtcdTests : IDisposable
{
    private readonly TempFolder _folder = new("edited");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("file")]
    [InlineData("json")]
    [InlineData("variables")]
    [InlineData("flags")]
    [InlineData("shell")]
    [InlineData("pod")]
    public async Task A_real_etcd_takes_what_was_edited(string kind)
    {
        var (host, service, section) = Make(kind);
        var (client, peer) = (new Uri($"http://127.0.0.1:{FreePorts.Next()}"), new Uri($"http://127.0.0.1:{FreePorts.Next()}"));
        var change = new MemberConfigurationChange
        {
            Name = "m1",
            DataDirectory = _folder["new"],
            ListenClientUrls = [client],
            AdvertiseClientUrls = [client],
            ListenPeerUrls = [peer],
            AdvertisePeerUrls = [peer],
            InitialCluster = $"m1={peer.ToString().TrimEnd('/')}",
            InitialClusterState = "new",
            InitialClusterToken = "restore-1",
        };

        host.Apply(MemberConfigurationEdit.Plan(await ReadAsync(host, service, section), change));
        var said = await StartAsync(host, await ReadAsync(host, service, section));

        Assert.Equal("m1", said.GetProperty("name").GetString());
        Assert.Equal(_folder["new"], said.GetProperty("data-dir").GetString());
        Assert.Equal($"m1={peer.ToString().TrimEnd('/')}", said.GetProperty("initial-cluster").GetString());
        Assert.Equal("restore-1", said.GetProperty("initial-cluster-token").GetString());
        Assert.Equal(client.ToString().TrimEnd('/'), said.GetProperty("advertise-client-urls")[0].GetString());
        Assert.Equal(250, said.TryGetProperty("heartbeat-interval", out var beat) ? int.Parse(beat.GetString()!.Replace("ms", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture) : 250);
        Assert.False(said.GetProperty("force-new-cluster").GetBoolean());
    }

    [Fact]
    public async Task A_flag_beside_its_variable_keeps_etcd_from_starting()
    {
        var run = await DrPowerShell.Testing.Command.RunAsync(EtcdBinaries.V35.Etcd, ["--name=a", "--data-dir", _folder["d"]], new Dictionary<string, string?> { ["ETCD_NAME"] = "" }, timeout: TimeSpan.FromSeconds(20));

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("conflicting environment variable", run.Output + run.Error, StringComparison.Ordinal);
    }

    private (SetHost, ServiceOptions, MemberSection?) Make(string kind)
    {
        const string Unit = "/etc/systemd/system/etcd.service";
        var old = _folder["old"];
        return kind switch
        {
            "file" => (new SetHost().With("/c.yml", $"name: 'x' # mine\ndata-dir: {old}\nheartbeat-interval: 250\nelection-timeout: 2500\nforce-new-cluster: true\nlog-level: info\n"), MemberConfigurationReaderTests.Command, new MemberSection { Configuration = "/c.yml" }),
            "json" => (new SetHost().With("/c.json", $"{{\"name\": \"x\", \"data-dir\": \"{old}\", \"heartbeat-interval\": 250, \"election-timeout\": 2500, \"force-new-cluster\": true}}"), MemberConfigurationReaderTests.Command, new MemberSection { Configuration = "/c.json" }),
            "variables" => (new SetHost().With(Unit, $"[Service]\nEnvironment=ETCD_DATA_DIR={old} ETCD_FORCE_NEW_CLUSTER=true\nEnvironmentFile=/etc/default/etcd\nExecStart=/usr/bin/etcd $DAEMON_ARGS\n")
                .With("/etc/default/etcd", "ETCD_NAME=\"x\"\nETCD_HEARTBEAT_INTERVAL=250\nETCD_ELECTION_TIMEOUT=2500"), Systemd, null),
            "flags" => (new SetHost().With(Unit, $"[Service]\nEnvironment=ARGS=\"--data-dir {old}\"\nExecStart=/usr/bin/etcd --name x $ARGS --heartbeat-interval=250 --election-timeout 2500 --force-new-cluster\n"), Systemd, null),
            "shell" => (new SetHost().With(Unit, $"[Service]\nExecStart=/bin/sh -c \"GOMAXPROCS=$(nproc) /usr/bin/etcd --name=\\\"x\\\" --data-dir='{old}' --heartbeat-interval=250 --election-timeout=2500\"\n"), Systemd, null),
            _ => (new SetHost().With("/etc/kubernetes/manifests/etcd.yaml", $"""
                spec:
                  containers:
                  - name: etcd
                    command:
                    - etcd
                    - --data-dir={old}
                    - --heartbeat-interval=250
                    - --election-timeout=2500
                    - --force-new-cluster
                    volumeMounts:
                    - {"{name: d, mountPath: " + _folder.FullName + "}"}
                  volumes:
                  - {"{name: d, hostPath: {path: " + _folder.FullName + "}}"}
                """), Pod, null),
        };
    }

    /// <summary>Starts etcd as its unit, manifest or file would, until it has told what it took.</summary>
    private async Task<JsonElement> StartAsync(SetHost host, MemberConfiguration read)
    {
        var texts = read.Texts!;
        var start = new ProcessStartInfo(EtcdBinaries.V35.Etcd) { RedirectStandardError = true, UseShellExecute = false };
        foreach (var name in start.Environment.Keys.Where(key => key.StartsWith("ETCD", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        if (texts.Config is not null)
        {
            await File.WriteAllTextAsync(_folder["c.yml"], host.Text(texts.Config.Yaml.Path), TestContext.Current.CancellationToken);
            start.ArgumentList.Add("--config-file=" + _folder["c.yml"]);
        }
        else
        {
            foreach (var variable in texts.Variables())
            {
                start.Environment[EtcdSettings.Variable(variable.Flag)] = variable.Value;
            }

            foreach (var flag in texts.Flags())
            {
                start.ArgumentList.Add($"--{flag.Flag}={flag.Value}");
            }
        }

        using var process = Process.Start(start)!;
        try
        {
            var log = new List<string>();
            while (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                log.Add(line);
                if (line.Contains("\"starting an etcd server\"", StringComparison.Ordinal))
                {
                    return JsonDocument.Parse(line).RootElement.Clone();
                }
            }

            throw new InvalidOperationException(string.Join('\n', log));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }
}
