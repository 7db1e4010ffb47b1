using System.Runtime.Versioning;
using System.Text;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Sandboxes.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Backups;

[UnsupportedOSPlatform("windows")]
public sealed class SnapshotProofTests : IDisposable
{
    private readonly TempFolder _temp = new("proof");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("golden-3.4.db", "3.4")]
    [InlineData("golden-3.4.db", "3.5")]
    [InlineData("golden.db", "3.5")]
    public async Task A_snapshot_with_users_leases_tombstones_and_a_compaction_boots(string golden, string etcd)
    {
        var release = EtcdBinaries.Get(etcd);
        var steps = new List<string>();

        var result = await ProveAsync(RepositoryPaths.Fixture(golden), release.Etcd, steps);

        Assert.True(result.IsValid, string.Join("; ", result.Findings));
        Assert.Equal(VerificationLevel.Boot, result.Level);
        Assert.Equal(release.Version, result.BootedVersion);
        Assert.Contains(steps, s => s.Contains($"HashKV {result.HashKvAfterBoot:x8}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_image_of_a_restore_with_a_raised_revision_boots_though_its_compaction_is_still_to_come()
    {
        var options = new RestoreOptions
        {
            Topology = ClusterTopology.Parse("default=http://127.0.0.1:2380", "proof"),
            Targets = [new RestoreTarget("default", _temp["data"])],
            RevisionBump = 5000,
        };
        await new SnapshotRestorer().RestoreAsync(RepositoryPaths.Fixture("golden.db"), options, null, Token);

        var result = await ProveAsync(_temp["data", "member", "snap", "db"], EtcdBinaries.V35.Etcd);

        Assert.True(result.IsValid, string.Join("; ", result.Findings));
        Assert.False(result.DigestPresent);
        Assert.Equal(VerificationLevel.Boot, result.Level);
    }

    [Fact]
    public async Task An_etcd_that_is_missing_or_is_none_is_an_error_and_not_a_finding()
    {
        var golden = RepositoryPaths.Fixture("golden.db");
        await Assert.ThrowsAsync<EtcdBinaryNotFoundException>(() => ProveAsync(golden, _temp["none"]));
        await Assert.ThrowsAsync<EtcdBinaryNotUsableException>(async () => await ProveAsync(golden, await ScriptAsync("none.sh", "exit 3")));
    }

    [Fact]
    public async Task A_snapshot_from_which_etcd_does_not_start_has_a_finding_that_says_so()
    {
        var result = await ProveAsync(RepositoryPaths.Fixture("golden.db"), await ScriptAsync("etcd", "echo '{\"level\":\"fatal\",\"msg\":\"it does not like it\"}' >&2; exit 1"));

        Assert.False(result.IsValid);
        var finding = result.Findings[0];
        Assert.Equal((FindingSeverity.Error, "BootFailed"), (finding.Severity, finding.Code));
        Assert.Equal(VerificationLevel.Boot, result.Level);
        Assert.Null(result.BootedVersion);
    }

    [Fact]
    public async Task A_server_that_answers_another_hash_is_a_finding()
    {
        await using var live = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        await (await EtcdLoad.OpenAsync(live)).PutAsync("k", "TAMPER-WITH-ME");
        await live.EtcdctlAsync("snapshot", "save", _temp["a.db"]);
        // The bytes change after the restore and before etcd reads them, as on a disk that lies.
        var liar = await ScriptAsync("etcd", $$"""
            for a in "$@"; do case $a in --data-dir=*) d=${a#--data-dir=} ;; esac; [ "$p" = --data-dir ] && d=$a; p=$a; done
            sed -i 's/TAMPER-WITH-ME/TAMPERED-WITH!/g' "$d/member/snap/db" || exit 7
            exec '{{EtcdBinaries.V35.Etcd}}' "$@"
            """);

        var result = await ProveAsync(_temp["a.db"], liar);

        Assert.False(result.IsValid);
        Assert.Equal("HashKvDiffers", result.Findings[0].Code);
        Assert.NotNull(result.BootedVersion);
    }

    [Fact]
    public async Task A_damaged_snapshot_is_not_booted_at_all()
    {
        var bytes = await File.ReadAllBytesAsync(RepositoryPaths.Fixture("golden.db"), Token);
        bytes[^100] ^= 1;
        await File.WriteAllBytesAsync(_temp["a.db"], bytes, Token);
        var started = await ScriptAsync("etcd", $"touch {_temp["started"]}; exit 1");

        var result = await ProveAsync(_temp["a.db"], started);

        Assert.False(result.IsValid);
        Assert.Equal(VerificationLevel.Full, result.Level);
        Assert.False(File.Exists(_temp["started"]));
    }

    [Fact]
    public async Task A_boot_that_is_cancelled_leaves_no_process_and_no_folder()
    {
        var fake = await ScriptAsync("etcd", $"echo $$ >'{_temp["pid"]}'; exec sleep 600");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var proof = new SnapshotProof().ProveAsync(RepositoryPaths.Fixture("golden.db"), VerificationLevel.Boot, fake, null, null, stop.Token);
        await Eventually.IsTrueAsync(() => File.Exists(_temp["pid"]) && new FileInfo(_temp["pid"]).Length > 1, "the server has started");
        var pid = (await File.ReadAllTextAsync(_temp["pid"], Token)).Trim();
        Assert.True(Directory.Exists($"/proc/{pid}"));
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => proof);
        await Eventually.IsTrueAsync(() => !Directory.Exists($"/proc/{pid}"), "the server has ended");
    }

    private static Task<SnapshotTestResult> ProveAsync(string path, string etcd, List<string>? steps = null) =>
        new SnapshotProof().ProveAsync(path, VerificationLevel.Boot, etcd, null, new Watch<string>(s => steps?.Add(s)), Token);

    private async Task<string> ScriptAsync(string name, string body)
    {
        var path = _temp[name];
        await File.WriteAllTextAsync(path, $"#!/bin/sh\n[ \"$1\" = --version ] && {{ {(name == "etcd" ? "echo 'etcd Version: 3.5.30'" : "echo nothing")}; exit 0; }}\n{body}\n", Encoding.ASCII, Token);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }
}
