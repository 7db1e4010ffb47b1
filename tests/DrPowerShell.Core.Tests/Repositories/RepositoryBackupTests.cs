using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Tests.Backups;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Repositories;

/// <summary>Real etcd, real zstd and age, a folder as store.</summary>
public sealed class RepositoryBackupTests(LoadedMember loaded) : IClassFixture<LoadedMember>, IDisposable
{
    private readonly TempFolder _temp = new("repository");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(0, false, "db")]
    [InlineData(3, false, "db.zst")]
    [InlineData(0, true, "db.age")]
    [InlineData(3, true, "db.zst.age")]
    public async Task A_backup_comes_back_as_the_very_bytes_that_etcd_sent(int compression, bool encrypted, string ending)
    {
        var pair = ProviderLoader.Catalog.Age.NewKeyPair();
        await using var repository = await OpenAsync(o => o with
        {
            CompressionLevel = compression,
            Encryption = new() { Recipients = encrypted ? [pair.Recipient] : [] },
        });

        var snapshot = await BackUpAsync(repository);
        var stored = await repository.GetAsync(BackupId.Parse(snapshot.Name), Token);

        Assert.Equal($"prod/{snapshot.Name}.{ending}", stored.Manifest.Object.Name);
        Assert.Equal([$"prod", $"prod/{snapshot.Name}.{ending}", $"prod/{snapshot.Name}.manifest.json"], _temp.List().Where(n => n.StartsWith("store/", StringComparison.Ordinal)).Select(n => n["store/".Length..]).Order(StringComparer.Ordinal));
        Assert.Equal(new FileInfo(_temp["store", stored.Manifest.Object.Name]).Length, stored.Manifest.Object.Size);
        Assert.Equal(encrypted ? [pair.Recipient] : null, stored.Manifest.Encryption?.Recipients);
        Assert.Equal("Full", stored.Manifest.Verified);
        Assert.Equal(SignatureState.Unsigned, stored.Signature);
        var keys = new DecryptionKeys { Identities = encrypted ? [pair.Identity] : [] };
        await new StoredSnapshotReader(repository, stored).SaveAsync(_temp["back.db"], keys, null, Token);
        var result = await new SnapshotVerifier().VerifyAsync(_temp["back.db"], VerificationLevel.Full, null, Token);
        Assert.True(result.IsValid);
        Assert.Equal(stored.Manifest.Hash, result.Status!.HashText);
        Assert.Equal(stored.Manifest.Revision, result.Status.Revision);
        Assert.Equal(stored.Manifest.Digest, result.Digest);
        Assert.Equal(stored.Manifest.KeyCount, result.Status.TotalKeyV36);

        var proof = await new StoredSnapshotTest(repository).TestAsync(stored, new() { Keys = keys }, null, null, Token);
        Assert.True(proof.IsValid);
        Assert.Equal(VerificationLevel.Full, proof.Level);
        Assert.Equal("Unsigned", proof.Integrity);
        Assert.Single((await ListAsync(repository)).Single().ProofNames);
    }

    [Fact]
    public async Task Without_an_identity_a_test_proves_the_stored_bytes_only_and_with_the_wrong_one_it_names_the_recipients()
    {
        var (mine, other) = (ProviderLoader.Catalog.Age.NewKeyPair(), ProviderLoader.Catalog.Age.NewKeyPair());
        await using var repository = await OpenAsync(o => o with { Encryption = new() { Recipients = [mine.Recipient] } });
        var stored = await StoredAsync(repository, await BackUpAsync(repository));
        var test = new StoredSnapshotTest(repository);

        var result = await test.TestAsync(stored, new(), null, null, Token);
        Assert.True(result.IsValid);
        Assert.Equal(VerificationLevel.None, result.Level);
        Assert.Equal("NotDecrypted", Assert.Single(result.Findings).Code);

        var error = await Assert.ThrowsAsync<EncryptedForOthersException>(() => test.TestAsync(stored, new() { Keys = new() { Identities = [other.Identity] } }, null, null, Token));
        Assert.Equal([mine.Recipient], error.Recipients);
        Assert.DoesNotContain("SECRET-KEY", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pure_stream_is_published_with_what_it_proves_itself()
    {
        await using var repository = await OpenAsync();
        var snapshot = await BackUpAsync(repository, o => o with { NoSpool = true });

        Assert.Equal("Digest", snapshot.Manifest!.Verified);
        Assert.Null(snapshot.Manifest.Revision);
        Assert.Null(snapshot.Manifest.Hash);
        Assert.Null(snapshot.Manifest.KeyCount);
        Assert.True(snapshot.Manifest.RevisionAtLeast > 1);
        Assert.NotNull(snapshot.Manifest.Digest);
        var result = await new StoredSnapshotTest(repository).TestAsync(await StoredAsync(repository, snapshot), new(), null, null, Token);
        Assert.True(result.IsValid);
        Assert.True(result.Status!.Revision >= snapshot.Manifest.RevisionAtLeast);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(3, false)]
    [InlineData(0, true)]
    [InlineData(3, true)]
    public async Task A_level_that_was_asked_for_without_a_spool_reads_the_object_back_also_where_no_identity_is_here(int compression, bool encrypted)
    {
        var recipient = ProviderLoader.Catalog.Age.NewKeyPair().Recipient;
        await using var repository = await OpenAsync(o => o with { CompressionLevel = compression, Encryption = new() { Recipients = encrypted ? [recipient] : [] } });
        var snapshot = await BackUpAsync(repository, o => o with { NoSpool = true, IsLevelRequired = true });
        var spooled = await BackUpAsync(repository);

        Assert.Equal("Full", snapshot.Manifest!.Verified);
        Assert.Equal(VerificationLevel.Full, snapshot.TestResult!.Level);
        Assert.NotNull(snapshot.Manifest.HashKv);
        Assert.Equal(spooled.Manifest!.HashKv, snapshot.Manifest.HashKv);
        Assert.Equal(spooled.Manifest.KeyCount, snapshot.Manifest.KeyCount);
        Assert.Equal(64, snapshot.Manifest.Plain.Sha256.Length);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(3, false)]
    [InlineData(0, true)]
    [InlineData(3, true)]
    public async Task An_object_that_the_store_damaged_is_found_when_it_is_read_back_and_has_no_manifest(int compression, bool encrypted)
    {
        foreach (var place in new[] { 0.0, 0.3, 0.999 })
        {
            var options = Options(_temp.CreateFolder($"store-{place}")) with
            {
                CompressionLevel = compression,
                Encryption = new() { Recipients = encrypted ? [ProviderLoader.Catalog.Age.NewKeyPair().Recipient] : [] },
            };
            var damaged = 0;
            var store = new FaultyBlobStore(FolderBlobStore.Open(options.Uri))
            {
                Before = (call, name) =>
                {
                    if (call == "read" && damaged++ == 0)
                    {
                        var file = _temp[$"store-{place}", name];
                        var bytes = File.ReadAllBytes(file);
                        bytes[(int)(bytes.Length * place) + 8] ^= 1;
                        File.WriteAllBytes(file, bytes);
                    }
                },
            };
            await using var repository = SnapshotRepository.Over(options, store);
            await Assert.ThrowsAnyAsync<RecoveryException>(() => BackUpAsync(repository, o => o with { NoSpool = true, IsLevelRequired = true }));
            Assert.True(damaged > 0);
            Assert.Equal([$"store-{place}/prod"], _temp.List().Where(n => n.StartsWith($"store-{place}/", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_boot_needs_files_and_is_refused_without_a_spool()
    {
        await using var repository = await OpenAsync();
        await Assert.ThrowsAsync<SpoolNeededException>(
            () => BackUpAsync(repository, o => o with { NoSpool = true, IsLevelRequired = true, Level = VerificationLevel.Boot, EtcdPath = EtcdBinaries.V35.Etcd }));
        Assert.Empty(await ListAsync(repository));
    }

    [Fact]
    public async Task Files_beside_etcd_go_along_encrypted_and_come_back()
    {
        _temp.CreateFolder("pki");
        await File.WriteAllTextAsync(_temp["pki", "ca.key"], "a private key", Token);
        await File.WriteAllTextAsync(_temp["config.yaml"], "kind: EncryptionConfiguration", Token);
        var pair = ProviderLoader.Catalog.Age.NewKeyPair();
        await using var repository = await OpenAsync(o => o with { Encryption = new() { Recipients = [pair.Recipient] } });
        await using var open = await OpenAsync();
        string[] files = [_temp["pki"], _temp["config.yaml"]];

        await Assert.ThrowsAsync<FilesNeedEncryptionException>(() => BackUpAsync(open, o => o with { IncludeFiles = files }));
        await Assert.ThrowsAsync<IncludedFileNotFoundException>(() => BackUpAsync(repository, o => o with { IncludeFiles = [_temp["gone"]] }));
        Assert.Empty(await ListAsync(open));
        var stored = await StoredAsync(repository, await BackUpAsync(repository, o => o with { IncludeFiles = files }));

        Assert.Equal([_temp["config.yaml"], _temp["pki"], _temp["pki", "ca.key"]], stored.Manifest.Files!.Paths);
        await new StoredSnapshotReader(repository, stored).SaveFilesAsync(stored.Manifest.Files, _temp["files.tar"], new() { Identities = [pair.Identity] }, Token);
        var listed = (await Command.RunAsync("tar", ["-xOf", _temp["files.tar"], _temp["pki", "ca.key"][1..]], cancellationToken: Token)).ThrowIfFailed();
        Assert.Equal("a private key", listed.Output.Trim());
    }

    [Fact]
    public async Task A_member_that_breaks_off_is_followed_by_nothing_where_there_is_no_other()
    {
        await using var real = await loaded.Cluster.Options().OpenAsync();
        await using var cluster = new FaultyCluster(real) { Piece = (_, index, bytes) => index < 20 ? bytes : null };
        await using var repository = await OpenAsync();

        await Assert.ThrowsAnyAsync<RecoveryException>(() => new RepositoryBackup().RunAsync(cluster, repository, new() { ClusterName = "prod" }, null, null, Token));
        Assert.Equal(["store/prod"], _temp.List().Where(n => n.StartsWith("store/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_process_that_dies_at_any_call_leaves_no_manifest_without_a_whole_object()
    {
        await using var real = await loaded.Cluster.Options().OpenAsync();
        for (var n = 0; ; n++)
        {
            var folder = _temp.CreateFolder($"kill-{n}");
            var store = new FaultyBlobStore(FolderBlobStore.Open(new Uri(folder))) { KillAt = n };
            var repository = SnapshotRepository.Over(Options(folder), store);
            try
            {
                await new RepositoryBackup().RunAsync(real, repository, new() { ClusterName = "prod", Level = VerificationLevel.Digest }, null, null, Token);
                Assert.True(n > 5, "the store was hardly used");
                break;
            }
            catch (KilledException)
            {
                await using var after = await OpenAsync(folder);
                foreach (var backup in await ListAsync(after))
                {
                    Assert.True((await new StoredSnapshotTest(after).TestAsync(backup, new(), null, null, Token)).IsValid);
                }
            }
        }
    }

    [Theory]
    [InlineData("flip")]
    [InlineData("cut")]
    [InlineData("swap")]
    [InlineData("remove")]
    public async Task Damage_of_a_stored_object_is_a_finding_and_no_export(string how)
    {
        await using var repository = await OpenAsync();
        var stored = await StoredAsync(repository, await BackUpAsync(repository));
        var other = await StoredAsync(repository, await BackUpAsync(repository));
        var file = _temp["store", stored.Manifest.Object.Name];
        var bytes = await File.ReadAllBytesAsync(file, Token);
        switch (how)
        {
            case "flip":
                bytes[bytes.Length / 2] ^= 4;
                await File.WriteAllBytesAsync(file, bytes, Token);
                break;
            case "cut":
                await File.WriteAllBytesAsync(file, bytes[..^1000], Token);
                break;
            case "swap":
                File.Copy(_temp["store", other.Manifest.Object.Name], file, overwrite: true);
                break;
            default:
                File.Delete(file);
                break;
        }

        var result = await new StoredSnapshotTest(repository).TestAsync(stored, new(), null, null, Token);
        Assert.False(result.IsValid);
        Assert.Equal(how == "remove" ? "ObjectMissing" : "ObjectChanged", result.Findings[0].Code);
        await Assert.ThrowsAnyAsync<RecoveryException>(() => new StoredSnapshotReader(repository, stored).SaveAsync(_temp["out.db"], DecryptionKeys.None, null, Token));
        Assert.DoesNotContain(_temp.List(), name => name.StartsWith("out.db", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_password_is_told_before_anything_is_stored()
    {
        await using var repository = await OpenAsync();
        var options = loaded.Cluster.Options() with { Endpoints = [new Uri("http://127.0.0.1:1")] };
        await Assert.ThrowsAnyAsync<EtcdEndpointException>(async () =>
        {
            await using var cluster = await options.OpenAsync();
            await new RepositoryBackup().RunAsync(cluster, repository, new() { ClusterName = "prod" }, null, null, Token);
        });
        Assert.Equal(["store"], _temp.List());
    }

    [Fact]
    public async Task A_file_of_another_tool_is_imported_verified_and_says_so()
    {
        await using var repository = await OpenAsync();
        await loaded.Cluster.EtcdctlAsync("snapshot", "save", _temp["theirs.db"]);
        var snapshot = await new BackupImporter().RunAsync(_temp["theirs.db"], repository, "prod", VerificationLevel.Full, null, null, null, Token);

        Assert.Equal(BackupOrigin.Imported, snapshot.Manifest!.Origin);
        Assert.Equal("Full", snapshot.Manifest.Verified);
        await new StoredSnapshotReader(repository, await StoredAsync(repository, snapshot)).SaveAsync(_temp["back.db"], DecryptionKeys.None, null, Token);
        Assert.Equal(await File.ReadAllBytesAsync(_temp["theirs.db"], Token), await File.ReadAllBytesAsync(_temp["back.db"], Token));
    }

    private static RepositoryOptions Options(string folder) => RepositoryUri.Parse(folder);

    private static async Task<IReadOnlyList<StoredBackup>> ListAsync(SnapshotRepository repository)
    {
        var all = new List<StoredBackup>();
        await foreach (var backup in repository.ListAsync(BackupFilter.All, null, Token))
        {
            all.Add(backup);
        }

        return all;
    }

    private static Task<StoredBackup> StoredAsync(SnapshotRepository repository, EtcdSnapshot snapshot) => repository.GetAsync(BackupId.Parse(snapshot.Name), Token);

    private static Task<SnapshotRepository> OpenAsync(string folder) => SnapshotRepository.OpenAsync(Options(folder), Token);

    private Task<SnapshotRepository> OpenAsync(Func<RepositoryOptions, RepositoryOptions>? with = null)
    {
        var options = Options(_temp.CreateFolder("store"));
        return SnapshotRepository.OpenAsync(with?.Invoke(options) ?? options, Token);
    }

    private async Task<EtcdSnapshot> BackUpAsync(SnapshotRepository repository, Func<RepositoryBackupOptions, RepositoryBackupOptions>? with = null)
    {
        await using var cluster = await loaded.Cluster.Options().OpenAsync();
        var options = new RepositoryBackupOptions { ClusterName = "prod" };
        return await new RepositoryBackup().RunAsync(cluster, repository, with?.Invoke(options) ?? options, null, null, Token);
    }
}
