using System.Collections;
using System.Management.Automation;
using System.Runtime.Versioning;
using DrPowerShell.Module.Tests.Connections;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Snapshots;

[UnsupportedOSPlatform("windows")]
[Collection(SecureClusterTests.Name)]
public sealed class BackupCommandTests : IDisposable
{
    private const string Backup = "BackupEtcdSnapshotCommand";

    private readonly SecureCluster _secure;
    private readonly TempFolder _temp = new("backup");
    private readonly ModuleSession _session = new();

    public BackupCommandTests(SecureCluster secure)
    {
        _secure = secure;
        Run("$ExecutionContext.SessionState.Path.SetLocation($here); $null = Connect-EtcdCluster -Name prod @c; $null = Set-EtcdKey /backup/a 1",
            ("here", _temp.FullName), ("c", secure.Connection)).Succeed();
    }

    public void Dispose()
    {
        _session.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public void A_backup_is_proven_tells_its_decisions_and_goes_through_the_whole_pipeline()
    {
        var result = _session.Run("$b = Backup-EtcdSnapshot -Path ./now.db -Verbose; $b").Succeed();

        Assert.Equal("DrPowerShell.Core.Backups.EtcdSnapshot", result.Output[0].BaseObject.GetType().FullName);
        var one = result.One;
        Assert.Equal((_temp["now.db"], "prod", "Full"), ((string)one.Path, (string)one.Cluster, (string)one.Verified.ToString()));
        Assert.True((bool)one.TestResult.IsValid);
        Assert.Contains(result.Verbose, line => line.Contains("3 members answer", StringComparison.Ordinal) && line.Contains("not the leader", StringComparison.Ordinal));
        Assert.Contains(result.Verbose, line => line.StartsWith("digest ", StringComparison.Ordinal));

        var restored = Run("$b | Test-EtcdSnapshot -Level Full | Restore-EtcdSnapshot -DataDirectory ./restored").Succeed();
        Assert.Equal((long)one.Revision, (long)restored.One.Revision);
        var lost = Run("$null = Set-EtcdKey /backup/new 1; Compare-EtcdSnapshot ./now.db -Cluster prod -Prefix /backup/; $null = Remove-EtcdKey /backup/new -Confirm:$false");
        Assert.Equal("/backup/new", (string)lost.One.Key);
        Assert.Equal("Added", lost.One.Change.ToString());
        Assert.Equal(["now.db", "restored"], Directory.GetFileSystemEntries(_temp.FullName).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_folder_gets_a_name_with_the_cluster_and_the_time()
    {
        Directory.CreateDirectory(_temp["backups"]);
        var name = (string)Run("Backup-EtcdSnapshot ./backups -Level Digest").One.Name;
        Assert.Matches(@"^prod-\d{8}T\d{6}Z\.db$", name);
        Assert.True(File.Exists(_temp["backups", name]));
    }

    [Fact]
    public void WhatIf_changes_nothing_and_an_existing_file_is_kept()
    {
        Assert.Empty(Run("Backup-EtcdSnapshot ./a.db -WhatIf").Succeed().Output);
        Assert.Empty(_temp.List());
        File.WriteAllText(_temp["a.db"], "mine");

        Assert.Equal(_temp["a.db"], Run("Backup-EtcdSnapshot ./a.db").FailsWith("SnapshotFileExists", Backup, ErrorCategory.ResourceExists).TargetObject);

        Assert.Equal("mine", File.ReadAllText(_temp["a.db"]));
        Assert.Equal(["a.db"], _temp.List());
    }

    [Fact]
    public void Once_the_file_has_its_name_it_stays_whatever_happens_downstream()
    {
        var result = Run("Backup-EtcdSnapshot ./a.db | ForEach-Object { throw 'downstream' }");

        Assert.Equal("downstream", Assert.IsAssignableFrom<RuntimeException>(result.Terminating).ErrorRecord.ToString());
        Assert.Equal(["a.db"], _temp.List());
        Assert.True((bool)Run("Test-EtcdSnapshot a.db").One.IsValid);

        Run("foreach ($once in 1) { Backup-EtcdSnapshot ./b.db | ForEach-Object { break } }").Succeed();
        Assert.Equal(["a.db", "b.db"], _temp.List());
    }

    [Fact]
    public async Task A_stop_mid_stream_leaves_nothing_and_a_killed_shell_at_most_a_part_that_the_next_backup_removes()
    {
        await using var live = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        await (await EtcdLoad.OpenAsync(live)).PutSequenceAsync(1000, valueSize: 4000);
        await using var proxy = new DelayingProxy(live.Endpoints[0]);
        proxy.Delay = TimeSpan.FromMilliseconds(30);
        var endpoint = ("e", (object?)proxy.Url.Authority);

        using (var running = _session.Start("Backup-EtcdSnapshot ./a.db -Endpoint $e", endpoint))
        {
            await Eventually.IsTrueAsync(() => proxy.BytesToClient > 300_000, "the stream is under way");
            Assert.True(File.Exists(_temp["a.db.part"]));
            var stopped = running.Stop();
            Assert.Equal(PSInvocationState.Stopped, stopped.State);
            Assert.Empty(stopped.Errors);
        }

        Assert.Empty(_temp.List());

        var before = proxy.BytesToClient;
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            RepositoryPaths.Drps, ["-Command", $"Backup-EtcdSnapshot '{_temp["a.db"]}' -Endpoint {proxy.Url.Authority}"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await Eventually.IsTrueAsync(() => proxy.BytesToClient > before + 500_000 || shell.HasExited, "the stream is under way", TimeSpan.FromSeconds(60));
        var ended = shell.HasExited;
        shell.Kill();
        await shell.WaitForExitAsync();
        Assert.False(ended, ended ? await shell.StandardError.ReadToEndAsync() : "");
        Assert.Equal(["a.db.part"], _temp.List());

        proxy.Delay = TimeSpan.Zero;
        Run("Backup-EtcdSnapshot ./a.db -Endpoint $e", endpoint).Succeed();
        Assert.Equal(["a.db"], _temp.List());
    }

    [Fact]
    public async Task Every_way_in_which_a_connection_fails_is_told_as_what_it_is()
    {
        var certificates = _secure.Cluster.Certificates;
        void Fails(string id, ErrorCategory category, string target, params (string Name, object? Value)[] changes)
        {
            var connection = _secure.Connection;
            foreach (var (name, value) in changes)
            {
                connection[name] = value;
            }

            var error = Run("Backup-EtcdSnapshot ./a.db @c", ("c", connection)).FailsWith(id, Backup, category);
            Assert.Contains(target, error.TargetObject!.ToString(), StringComparison.Ordinal);
            Assert.Empty(_temp.List());
        }

        var first = _secure.Cluster.Endpoints[0].Authority;
        var only = ("Endpoint", (object?)new[] { first });
        Fails("EtcdServerCertificateNotTrusted", ErrorCategory.SecurityError, first, only, ("CACertificate", certificates.OtherAuthorityFile));
        Fails("EtcdClientCertificateExpired", ErrorCategory.AuthenticationError, "expired-client", only,
            ("Certificate", certificates.ExpiredClient.CertificateFile), ("CertificateKey", certificates.ExpiredClient.KeyFile));
        var nobody = $"127.0.0.1:{FreePorts.Next()}";
        Fails("EtcdEndpointUnreachable", ErrorCategory.ConnectionError, nobody, ("Endpoint", nobody));

        await using var expired = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new() { Tls = true, ServerCertificate = c => c.ExpiredServer });
        var toExpired = new Hashtable { ["Endpoint"] = expired.Endpoints[0].Authority, ["CACertificate"] = expired.Certificates.AuthorityFile };
        Run("Backup-EtcdSnapshot ./a.db @c", ("c", toExpired)).FailsWith("EtcdServerCertificateExpired", Backup, ErrorCategory.SecurityError);
        Assert.Empty(_temp.List());
    }

    [Fact]
    public async Task A_wrong_password_a_user_without_root_and_a_silent_member_are_told()
    {
        await using var live = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new() { EnableAuth = true });
        await live.EtcdctlAsync("user", "add", "reader:secret");
        SessionResult Back(string user, string password) => Run("Backup-EtcdSnapshot ./a.db -Endpoint $e -Credential $u",
            ("e", live.Endpoints[0].Authority), ("u", new PSCredential(user, Secure(password))));

        Back("root", "wrong").FailsWith("EtcdAuthenticationFailed", Backup, ErrorCategory.AuthenticationError);
        Back("reader", "secret").FailsWith("EtcdPermissionDenied", Backup, ErrorCategory.PermissionDenied);
        Back("root", live.RootPassword!).Succeed();
        File.Delete(_temp["a.db"]);

        live.Members[0].Freeze();
        var slow = Run("Backup-EtcdSnapshot ./a.db -Endpoint $e -Timeout 1 -Credential $u", ("e", live.Endpoints[0].Authority), ("u", new PSCredential("root", Secure("x"))))
            .FailsWith("EtcdRequestTimedOut", Backup, ErrorCategory.OperationTimeout);
        live.Members[0].Thaw();
        Assert.Contains(live.Endpoints[0].Authority, slow.TargetObject!.ToString(), StringComparison.Ordinal);
        Assert.Empty(_temp.List());
    }

    [Fact]
    public async Task A_full_disk_and_a_missing_folder_and_a_missing_etcd_are_told()
    {
        var mount = _temp.CreateFolder("small");
        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", mount])).ThrowIfFailed();
        try
        {
            var error = Run("Backup-EtcdSnapshot ./small/a.db").FailsWith("TargetDiskFull", Backup, ErrorCategory.ResourceUnavailable);
            Assert.Equal(Path.Combine(mount, "a.db"), error.TargetObject);
            Assert.Empty(Directory.GetFileSystemEntries(mount));
        }
        finally
        {
            (await Command.RunAsync("umount", ["-l", mount])).ThrowIfFailed();
        }

        Run("Backup-EtcdSnapshot ./none/a.db").FailsWith("TargetWriteFailed", Backup, ErrorCategory.WriteError);
        Assert.Equal(_temp["etcd"], Run("Backup-EtcdSnapshot ./a.db -Level Boot -EtcdPath ./etcd").FailsWith("EtcdBinaryNotFound", Backup, ErrorCategory.NotInstalled).TargetObject);
        Assert.Equal(["small"], _temp.List());
        Assert.Equal("Boot", Run("Backup-EtcdSnapshot ./b.db -Level Boot -EtcdPath $etcd", ("etcd", EtcdBinaries.V35.Etcd)).One.Verified.ToString());
    }

    private static System.Security.SecureString Secure(string text)
    {
        var secure = new System.Security.SecureString();
        foreach (var c in text)
        {
            secure.AppendChar(c);
        }

        return secure;
    }

    private SessionResult Run(string script, params (string Name, object? Value)[] variables) => _session.Run(script, variables);
}
