using System.Runtime.Versioning;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Examples;

/// <summary>The examples about repositories, run as a scheduler runs them, against a real etcd.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RepositoryExampleTests : IAsyncLifetime
{
    private readonly TempFolder _temp = new("examples");
    private EtcdTestCluster _cluster = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Estate => _temp["dr.yaml"];

    public async ValueTask InitializeAsync()
    {
        _cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        await (await EtcdLoad.OpenAsync(_cluster)).PutAsync("/example", "1");
        _temp.CreateFolder("onsite");
        _temp.CreateFolder("offsite");
        await File.WriteAllTextAsync(
            Estate,
            $$"""
            clusters:
              prod: { endpoints: ["{{_cluster.Endpoints[0].AbsoluteUri.TrimEnd('/')}}"] }
            repositories:
              onsite: { uri: "file://{{_temp["onsite"]}}", place: here }
              offsite: { uri: "file://{{_temp["offsite"]}}", place: there, offsite: true }
            retention:
              standard: { last: 2 }
            schedules:
              nightly:
                cluster: prod
                repository: onsite
                copyTo: [offsite]
                when: daily
                retention: standard
                expect: { rpo: 26h, copies: 2, offsite: true }
            """,
            Token);
        File.SetUnixFileMode(Estate, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _temp.Dispose();
    }

    [Fact]
    public async Task A_night_is_backed_up_copied_retained_and_checked_and_a_lost_copy_ends_the_check_with_1()
    {
        var night = await RunAsync("nightly-backup.ps1", "-Estate", Estate, "-Cluster", "prod", "-Repository", "onsite", "-CopyTo", "offsite");
        Assert.True(night.ExitCode == 0, night.ToString());
        Assert.Contains("verified to Full", night.Output, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_temp["offsite", "prod"], "*.manifest.json"));

        var check = await RunAsync("repository-check.ps1", "-Estate", Estate);
        Assert.True(check.ExitCode == 0, check.ToString());
        Assert.Contains("Everything that was looked at is whole.", check.Output, StringComparison.Ordinal);

        File.Delete(Directory.GetFiles(_temp["offsite", "prod"], "*.db.zst").Single());
        check = await RunAsync("repository-check.ps1", "-Estate", Estate);
        Assert.Equal(1, check.ExitCode);
        Assert.Contains("ObjectMissing", check.Output, StringComparison.Ordinal);
        Assert.Contains("offsite", check.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schedule_does_all_of_it_in_one_line_and_fails_in_one_line()
    {
        var run = await CommandAsync($"Invoke-BackupSchedule -Name nightly -Estate '{Estate}'");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Single(Directory.GetFiles(_temp["offsite", "prod"], "*.manifest.json"));

        Directory.Delete(_temp["offsite"], recursive: true);
        run = await CommandAsync($"Invoke-BackupSchedule -Name nightly -Estate '{Estate}'");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("offsite", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(_temp["onsite", "prod"], "*.manifest.json").Length);
    }

    [Fact]
    public async Task The_azure_runbook_backs_up_with_what_the_account_holds()
    {
        var key = (await CommandAsync($"(New-SnapshotEncryptionKey '{_temp["prod.key"]}').Recipient")).ThrowIfFailed().Output.Trim();
        var assets = $"function Get-AutomationVariable($Name) {{ @{{ EtcdEndpoints = '{_cluster.Endpoints[0].AbsoluteUri.TrimEnd('/')}'; S3AccessKey = 'none'; S3SecretKey = 'planted-secret'; "
            + $"SnapshotRepository = 'file://{_temp["onsite"]}'; SnapshotRecipient = '{key}' }}[$Name] }}; function Get-AutomationPSCredential($Name) {{ }}; ";
        var run = await CommandAsync($"{assets} & '{Path.Combine(RepositoryPaths.Examples, "azure-automation", "Backup-Etcd.ps1")}' -Cluster prod");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("verified to Full", run.Output, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_temp["onsite", "prod"], "*.db.zst.age"));
        Assert.DoesNotContain("planted-secret", run.Output + run.Error, StringComparison.Ordinal);
    }

    private static Task<CommandResult> RunAsync(string example, params string[] arguments) =>
        Command.RunAsync(RepositoryPaths.Drps, [Path.Combine(RepositoryPaths.Examples, example), .. arguments], timeout: TimeSpan.FromMinutes(2), cancellationToken: Token);

    private static Task<CommandResult> CommandAsync(string command) =>
        Command.RunAsync(RepositoryPaths.Drps, ["-Command", command], timeout: TimeSpan.FromMinutes(2), cancellationToken: Token);
}
