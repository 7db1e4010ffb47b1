using System.Diagnostics;
using System.Management.Automation;
using System.Runtime.Versioning;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Commands;

[UnsupportedOSPlatform("windows")]
public sealed class EtcdSandboxCommandTests
{
    private const string Start = "StartEtcdSandboxCommand";
    private const string Stop = "StopEtcdSandboxCommand";

    private static string Etcd => EtcdBinaries.V35.Etcd;

    [Fact]
    public void A_sandbox_is_used_by_its_object_by_its_name_and_as_the_default()
    {
        using var session = new ModuleSession();
        session.Run("$s = Start-EtcdSandbox -Name trial -EtcdPath $etcd", ("etcd", Etcd)).Succeed();

        session.Run("Set-EtcdKey a 1 -Cluster $s; Set-EtcdKey b 2 -Cluster trial; Set-EtcdKey c 3").Succeed();

        Assert.Equal(["1", "2", "3"], session.Run("Get-EtcdKey -Prefix ''").All("Value"));
        Assert.True(session.Run("$s | Test-EtcdCluster").One.IsHealthy);
        var folder = (string)session.Run("$s").One.Folder;
        session.Run("Start-EtcdSandbox -Name trial -EtcdPath $etcd").FailsWith("SandboxNameInUse", Start, ErrorCategory.ResourceExists);

        session.Run("$s | Stop-EtcdSandbox -WhatIf").Succeed();
        Assert.True(session.Run("$s").One.IsRunning);
        session.Run("$s | Stop-EtcdSandbox").Succeed();

        Assert.False(session.Run("$s").One.IsRunning);
        Assert.False(Directory.Exists(folder));
        session.Run("Get-EtcdCluster").FailsWith("NoOpenConnection", "GetEtcdClusterCommand", ErrorCategory.InvalidOperation);
        session.Run("Stop-EtcdSandbox").FailsWith("NoSandboxRunning", Stop, ErrorCategory.ObjectNotFound);
        session.Run("Stop-EtcdSandbox none").Reports("SandboxNotFound", Stop, ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public async Task A_snapshot_with_users_and_an_alarm_opens_in_three_members_to_whoever_started_them()
    {
        using var temp = new TempFolder("snapshot");
        await using (var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V34, new() { EnableAuth = true }))
        {
            await cluster.EtcdctlAsync("put", "kept", "yes");
            await cluster.EtcdctlAsync("snapshot", "save", temp["[1].db"]);
        }

        using var session = new ModuleSession();
        var parameters = ("etcd", (object)Etcd);
        var path = ("path", (object)temp["[1].db"]);

        session.Run("$s = Start-EtcdSandbox -LiteralPath $path -MemberCount 3 -EtcdPath $etcd", parameters, path).Succeed();
        Assert.Equal("yes", session.Run("Get-EtcdKey kept").One.Value);
        Assert.Equal(temp["[1].db"], session.Run("$s").One.SnapshotPath);
        Assert.True(session.Run("Test-EtcdCluster").One.IsHealthy);

        session.Run("$t = Get-EtcdSnapshot -LiteralPath $path | Start-EtcdSandbox -EtcdPath $etcd", parameters, path).Succeed();
        Assert.Equal("yes", session.Run("Get-EtcdKey kept -Cluster $t").One.Value);
        session.Run("Stop-EtcdSandbox").FailsWith("SeveralSandboxes", Stop, ErrorCategory.InvalidOperation);
        session.Run("Stop-EtcdSandbox -All").Succeed();

        var bytes = await File.ReadAllBytesAsync(temp["[1].db"]);
        bytes[5000] ^= 1;
        await File.WriteAllBytesAsync(temp["bad.db"], bytes);
        var bad = session.Run("Start-EtcdSandbox $path -EtcdPath $etcd", parameters, ("path", temp["bad.db"]));
        Assert.IsAssignableFrom<IContainsErrorRecord>(bad.Terminating);
        session.Run("Test-EtcdSnapshot $path | Start-EtcdSandbox -EtcdPath $etcd", parameters, ("path", temp["bad.db"]))
            .Reports("SnapshotNotValid", Start, ErrorCategory.InvalidData);
        session.Run("Start-EtcdSandbox ./none*.db -EtcdPath $etcd", parameters).FailsWith("PathNotFound", Start, ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void The_end_of_a_session_ends_its_sandboxes_and_so_does_removing_the_module()
    {
        string folder;
        using (var session = new ModuleSession())
        {
            folder = (string)session.Run("Start-EtcdSandbox -EtcdPath $etcd", ("etcd", Etcd)).One.Folder;
            Assert.True(Directory.Exists(folder));
        }

        Assert.False(Directory.Exists(folder));

        using var second = new ModuleSession();
        folder = (string)second.Run("Start-EtcdSandbox -EtcdPath $etcd", ("etcd", Etcd)).One.Folder;
        second.Run("Remove-Module DrPowerShell").Succeed();
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void An_etcd_that_is_not_there_is_an_error_that_says_what_to_install()
    {
        using var session = new ModuleSession();

        var error = session.Run("Start-EtcdSandbox -EtcdPath /nowhere/etcd").FailsWith("EtcdBinaryNotFound", Start, ErrorCategory.NotInstalled);

        Assert.Equal("/nowhere/etcd", error.TargetObject);
        Assert.Contains("-EtcdPath", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_is_stopped_leaves_no_process_and_no_folder()
    {
        using var temp = new TempFolder("stop");
        var fake = temp["etcd"];
        // Tells its pid, and never becomes healthy.
        await File.WriteAllTextAsync(fake, $"#!/bin/sh\n[ \"$1\" = --version ] && {{ echo 'etcd Version: 3.5.99'; exit 0; }}\necho $$ >'{temp["pid"]}'\nexec sleep 600\n");
        File.SetUnixFileMode(fake, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var session = new ModuleSession();
        var before = Sandboxes();

        using var running = session.Start("Start-EtcdSandbox -EtcdPath $etcd", ("etcd", fake));
        await Eventually.IsTrueAsync(() => File.Exists(temp["pid"]) && new FileInfo(temp["pid"]).Length > 1, "the member has started");
        var result = running.Stop();

        Assert.Equal(PSInvocationState.Stopped, result.State);
        Assert.Empty(result.Errors);
        Assert.False(Directory.Exists($"/proc/{(await File.ReadAllTextAsync(temp["pid"])).Trim()}"));
        Assert.DoesNotContain(Sandboxes().Except(before), folder => File.Exists(Path.Combine(folder, "m1.pid")));
    }

    [Fact]
    public async Task A_shell_that_is_killed_takes_its_sandbox_with_it()
    {
        using var temp = new TempFolder("kill");
        await File.WriteAllTextAsync(temp["hold.ps1"], $$"""
            Import-Module '{{RepositoryPaths.Module}}'
            $s = Start-EtcdSandbox -MemberCount 3 -EtcdPath '{{Etcd}}'
            [System.IO.File]::WriteAllLines('{{temp["part"]}}', [string[]](@($s.Folder) + $s.Members.ProcessId))
            [System.IO.File]::Move('{{temp["part"]}}', '{{temp["facts"]}}')
            [System.Threading.Thread]::Sleep(600000)
            """);
        using var shell = Process.Start(new ProcessStartInfo(RepositoryPaths.Drps, [temp["hold.ps1"]])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            await Eventually.IsTrueAsync(() => File.Exists(temp["facts"]) || shell.HasExited, "the sandbox has started", TimeSpan.FromSeconds(60));
            Assert.False(shell.HasExited, shell.HasExited ? await shell.StandardError.ReadToEndAsync() : "");
            var facts = await File.ReadAllLinesAsync(temp["facts"]);
            Assert.Equal(4, facts.Length);
            Assert.All(facts[1..], id => Assert.True(Directory.Exists($"/proc/{id}")));

            shell.Kill();
            await shell.WaitForExitAsync();

            await Eventually.IsTrueAsync(
                () => !Directory.Exists(facts[0]) && facts[1..].All(id => !Directory.Exists($"/proc/{id}")), "members and folder are gone");
        }
        finally
        {
            shell.Kill();
        }
    }

    private static string[] Sandboxes() => Directory.GetDirectories(Path.GetTempPath(), "drps-sandbox-*");
}
