using System.Security.Cryptography;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Checking;
using DrPowerShell.Core.Repositories.Copying;
using DrPowerShell.Core.Repositories.Removing;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Providers.Tests.Etcd;
using DrPowerShell.Providers.Tests.Sftp;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>The life of backups from a real etcd in every kind of real store.</summary>
public sealed class RepositoryOnStoresTests(S3Buckets buckets, SharedSshServer ssh, SharedClusters clusters) : IDisposable
{
    private readonly TempFolder _temp = new("stores");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static EncryptionKeyPair Pair { get; } = ProviderLoader.Catalog.Age.NewKeyPair();

    private static DecryptionKeys Keys => new() { Identities = [Pair.Identity] };

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("folder", "s3")]
    [InlineData("s3", "sftp")]
    [InlineData("sftp", "folder")]
    public async Task A_backup_is_stored_listed_proven_copied_restored_and_removed(string kind, string otherKind)
    {
        await using var repository = await SnapshotRepository.OpenAsync(await OptionsAsync(kind), Token);
        await using var other = await SnapshotRepository.OpenAsync(await OptionsAsync(otherKind), Token);
        var first = await BackUpAsync(repository);
        var second = await BackUpAsync(repository);

        var listed = await ListAsync(repository);
        Assert.Equal(new[] { first.Name, second.Name }.Order(StringComparer.Ordinal), listed.Select(b => b.Id.ToString()).Order(StringComparer.Ordinal));
        var backup = listed.Single(b => b.Id.ToString() == first.Name);
        var test = await new StoredSnapshotTest(repository).TestAsync(backup, new() { Keys = Keys }, null, null, Token);
        Assert.True(test.IsValid, string.Join('\n', test.Findings));
        Assert.Equal(VerificationLevel.Full, test.Level);

        var copier = new BackupCopier(repository, other, new CopyOptions(), TimeProvider.System);
        Assert.Equal(CopyOutcome.Copied, await copier.CopyAsync((await ListAsync(repository)).Single(b => b.Id == backup.Id), null, Token));
        var copy = Assert.Single(await ListAsync(other));
        Assert.Equal(first.Manifest!.Object.Sha256, copy.Manifest.Object.Sha256);
        Assert.Single(copy.ProofNames);

        await new StoredSnapshotReader(other, copy).SaveAsync(_temp["back.db"], Keys, null, Token);
        var options = new RestoreOptions
        {
            Topology = ClusterTopology.Parse("m1=http://127.0.0.1:2380", "token", []),
            Targets = [new RestoreTarget("m1", _temp["data"])],
        };
        Assert.Equal(first.Revision, Assert.Single(await new SnapshotRestorer().RestoreAsync(_temp["back.db"], options, null, Token)).Revision);

        var check = await new RepositoryCheck(repository).RunAsync(new() { Reverify = Reverification.All, Test = new() { Keys = Keys } }, null, Token);
        Assert.Equal((2, 2), (check.Backups, check.Proven));
        Assert.DoesNotContain(check.Findings, f => f.Severity == FindingSeverity.Error);
        await new BackupRemover(repository, TimeProvider.System).RemoveAsync(backup.Id, Token);
        Assert.Equal(second.Name, Assert.Single(await ListAsync(repository)).Id.ToString());
        await foreach (var blob in repository.Store.ListAsync($"prod/{first.Name}", Token))
        {
            Assert.Fail($"{blob.Name} was left.");
        }
    }

    [Fact]
    public async Task A_locked_backup_cannot_be_removed_and_says_until_when()
    {
        var server = await CephServer.SharedAsync();
        var options = S3Stores.Options(server, await buckets.LockingAsync(), S3Stores.NewPrefix()) with { Lock = new(BlobLockMode.Compliance, 1) };
        await using var repository = await SnapshotRepository.OpenAsync(options, Token);
        var snapshot = await BackUpAsync(repository);

        Assert.Equal("Compliance", snapshot.Manifest!.Retention!.Mode);
        var error = await Assert.ThrowsAsync<Core.Repositories.Errors.BlobLockedException>(
            () => new BackupRemover(repository, TimeProvider.System).RemoveAsync(BackupId.Parse(snapshot.Name), Token));
        Assert.True(error.Until > DateTimeOffset.UtcNow.AddHours(20));
        Assert.True((await new StoredSnapshotTest(repository).TestAsync(Assert.Single(await ListAsync(repository)), new() { Keys = Keys }, null, null, Token)).IsValid);
    }

    [Fact]
    public async Task A_store_that_fails_now_and_then_takes_a_backup_all_the_same()
    {
        var server = await CephServer.SharedAsync();
        var n = 0;
        await using var proxy = new FaultyHttpProxy(server.Endpoint, _ => (Interlocked.Increment(ref n) % 5) switch
        {
            2 => HttpFault.Error(503, "SlowDown"),
            4 => HttpFault.Error(500, "InternalError"),
            _ => null,
        });
        await using var repository = await SnapshotRepository.OpenAsync(S3Stores.Options(server, await buckets.PlainAsync(), S3Stores.NewPrefix(), proxy.Url), Token);
        await BackUpAsync(repository);

        Assert.True((await new StoredSnapshotTest(repository).TestAsync(Assert.Single(await ListAsync(repository)), new(), null, null, Token)).IsValid);
        Assert.True(n > 8, "the store was hardly asked");
    }

    [Fact]
    public async Task A_connection_cut_at_any_request_for_good_leaves_no_manifest_without_a_whole_object()
    {
        var server = await CephServer.SharedAsync();
        for (var dies = 1; ; dies += 2)
        {
            var n = 0;
            var dead = dies;
            await using var proxy = new FaultyHttpProxy(server.Endpoint, _ => Interlocked.Increment(ref n) >= dead ? new HttpFault.CutRequest(1) : null);
            var prefix = S3Stores.NewPrefix();
            var (bucket, isDone) = (await buckets.PlainAsync(), false);
            try
            {
                var store = await S3Stores.OpenAsync(S3Stores.Options(server, bucket, prefix, proxy.Url), S3Stores.Quick with { Retries = 1 });
                await using var repository = SnapshotRepository.Over(S3Stores.Options(server, bucket, prefix), store);
                await BackUpAsync(repository);
                isDone = true;
            }
            catch (RecoveryException e)
            {
                Assert.True(e.Kind is FailureKind.Unreachable or FailureKind.Timeout, e.ToString());
            }

            await using var after = await SnapshotRepository.OpenAsync(S3Stores.Options(server, bucket, prefix), Token);
            foreach (var backup in await ListAsync(after))
            {
                Assert.True((await new StoredSnapshotTest(after).TestAsync(backup, new() { RecordProof = false }, null, null, Token)).IsValid);
            }

            if (isDone)
            {
                Assert.True(dies > 3, "the store was hardly asked");
                return;
            }
        }
    }

    private static async Task<IReadOnlyList<StoredBackup>> ListAsync(SnapshotRepository repository)
    {
        var all = new List<StoredBackup>();
        await foreach (var backup in repository.ListAsync(BackupFilter.All, null, Token))
        {
            all.Add(backup);
        }

        return all;
    }

    private async Task<RepositoryOptions> OptionsAsync(string kind) => kind switch
    {
        "s3" => S3Stores.Options(await CephServer.SharedAsync(), await buckets.PlainAsync(), S3Stores.NewPrefix()),
        "sftp" => ssh.Options(_temp.CreateFolder("sftp")),
        _ => RepositoryUri.Parse(_temp.CreateFolder("folder")),
    } with
    {
        Encryption = new() { Recipients = [Pair.Recipient] },
    };

    private async Task<EtcdSnapshot> BackUpAsync(SnapshotRepository repository)
    {
        await using var cluster = await (await clusters.GetAsync(EtcdBinaries.V35)).ConnectAsync();
        await cluster.PutAsync("/stores/a", "1", Token);
        return await new RepositoryBackup().RunAsync(cluster, repository, new() { ClusterName = "prod" }, null, null, Token);
    }
}
