using System.Security.Cryptography;
using System.Text;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Checking;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Repositories;

public sealed class RepositoryCheckTests : IAsyncDisposable
{
    private const string Old = "prod-20261101T020000Z-0001";
    private const string New = "prod-20261122T120000Z-0002";

    private static readonly RepositoryCheckOptions Plain = new() { Test = new() { Level = VerificationLevel.None } };
    private static readonly RepositoryCheckOptions Full = Plain with { Reverify = Reverification.All };

    private readonly FakeTimeProvider _time = new(new(2026, 11, 22, 14, 0, 0, TimeSpan.Zero));
    private readonly TempFolder _temp = new("check");
    private readonly MemoryBlobStore _store;

    public RepositoryCheckTests() => _store = new(_time);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _temp.Dispose();
    }

    [Fact]
    public async Task What_is_whole_gives_no_finding_and_is_counted()
    {
        var repository = await TwoAsync();

        var result = await CheckAsync(repository, Full with { Expectations = new() { Rpo = TimeSpan.FromHours(6) } });

        Assert.Empty(result.Findings);
        Assert.True(result.IsValid);
        Assert.Equal((2, 2, 2, 4000L), (result.Backups, result.Proven, result.Reverified, result.BytesRead));
        Assert.Equal(TimeSpan.FromHours(2), result.NewestAge);
        Assert.All(await StoredBackups.ListAsync(repository), b => Assert.Single(b.ProofNames));
    }

    [Theory]
    [InlineData("flip", "ObjectChanged", true)]
    [InlineData("cut", "ObjectChanged", false)]
    [InlineData("grow", "ObjectChanged", false)]
    [InlineData("swap", "ObjectSwapped", true)]
    [InlineData("remove", "ObjectMissing", false)]
    [InlineData("removeFiles", "FilesMissing", false)]
    [InlineData("flipFiles", "FilesChanged", true)]
    [InlineData("garbage", "ManifestDamaged", false)]
    [InlineData("otherManifest", "ManifestDamaged", false)]
    [InlineData("otherObject", "ManifestEdited", false)]
    public async Task Damage_is_found_and_named(string how, string code, bool needsReading)
    {
        var repository = await TwoAsync();
        var (name, manifest, files) = ($"prod/{New}.db", $"prod/{New}.manifest.json", $"prod/{New}.files.tar.age");
        switch (how)
        {
            case "flip" or "flipFiles":
                var changed = how == "flip" ? name : files;
                var bytes = _store[changed].ToArray();
                bytes[500] ^= 1;
                _store[changed] = bytes;
                break;
            case "cut":
                _store[name] = _store[name][..^1];
                break;
            case "grow":
                _store[name] = [.. _store[name], 0];
                break;
            case "swap":
                _store[name] = _store[$"prod/{Old}.db"];
                break;
            case "remove" or "removeFiles":
                await _store.DeleteAsync(how == "remove" ? name : files, default);
                break;
            case "garbage":
                _store[manifest] = _store[manifest][..^20];
                break;
            case "otherManifest":
                _store[manifest] = _store[$"prod/{Old}.manifest.json"];
                break;
            default:
                _store[manifest] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(_store[manifest]).Replace($"prod/{New}.db", $"prod/{Old}.db", StringComparison.Ordinal));
                break;
        }

        var quick = await CheckAsync(repository, Plain);
        Assert.Equal(needsReading, quick.IsValid);

        var result = await CheckAsync(repository, Full);
        var finding = result.Findings.First(f => f.Severity == FindingSeverity.Error);
        Assert.Equal((code, New), (finding.Code, finding.Backup));
        Assert.False(result.IsValid);
        Assert.Equal(1, result.Proven);
        Assert.All(result.Findings.Where(f => f.Severity == FindingSeverity.Error), f => Assert.Equal(New, f.Backup));
        if (how == "swap")
        {
            Assert.Contains(Old, finding.Text, StringComparison.Ordinal);
        }

        // What was found once is told by its proof from then on, without reading.
        if (needsReading)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(("ProofSaysDamaged", New), (await CheckAsync(repository, Plain)).Findings.Select(f => (f.Code, f.Backup!)).Single());
        }
    }

    [Theory]
    [InlineData("edit", "ManifestEdited")]
    [InlineData("strip", "ManifestNotTrusted")]
    [InlineData("resign", "ManifestNotTrusted")]
    public async Task An_edited_manifest_in_a_signed_repository_is_found(string how, string code)
    {
        using var mine = Signer("mine");
        using var other = Signer("other");
        var repository = StoredBackups.Over(_store, o => o with { Signer = mine, Trust = ManifestTrust.FromFiles([_temp["mine.pub"]]) });
        await StoredBackups.AddAsync(repository, Old);
        var stored = await StoredBackups.AddAsync(repository, New);
        Assert.Empty((await CheckAsync(repository, Plain)).Findings);
        var manifest = stored.Manifest with { KeyCount = 7 };
        _store[BackupNames.Manifest(stored.Id)] = how switch
        {
            "edit" => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(_store[BackupNames.Manifest(stored.Id)]).Replace("\"keyCount\": 1000", "\"keyCount\": 7", StringComparison.Ordinal)),
            "strip" => SignedJson.Write(manifest, signer: null),
            _ => SignedJson.Write(manifest, other),
        };

        var result = await CheckAsync(repository, Plain);

        Assert.Equal((code, New), result.Findings.Select(f => (f.Code, f.Backup!)).Single());
        Assert.Equal(1, result.Proven);
    }

    [Fact]
    public async Task A_missed_rpo_is_told_of_the_cluster_that_missed_it_and_damaged_backups_do_not_count()
    {
        var repository = await TwoAsync();
        await StoredBackups.AddAsync(repository, "dev-20261122T130000Z-0003");
        var asked = Plain with { Expectations = new() { Rpo = TimeSpan.FromHours(6) } };
        Assert.Empty((await CheckAsync(repository, asked)).Findings);

        await _store.DeleteAsync($"prod/{New}.db", default);
        var finding = (await CheckAsync(repository, asked)).Findings.Single(f => f.Code == "RpoMissed");

        Assert.Equal(Old, finding.Backup);
        Assert.Contains("prod", finding.Text, StringComparison.Ordinal);
        Assert.Equal("NoBackups", (await CheckAsync(repository, asked with { Cluster = "none" })).Findings.Single().Code);
    }

    [Fact]
    public async Task Copies_count_once_a_place_and_only_where_they_are_whole()
    {
        var repository = await TwoAsync();
        var (near, far) = (new MemoryBlobStore(_time), new MemoryBlobStore(_time));
        foreach (var name in _store.Names)
        {
            near[name] = _store[name];
            far[name] = _store[name];
        }

        var stores = new Dictionary<string, MemoryBlobStore> { ["near"] = near, ["far"] = far };
        RepositoryOptions Options(string name, string place, bool offsite) => new() { Name = name, Uri = _store.Location, Place = place, IsOffsite = offsite };
        var asked = Plain with
        {
            Expectations = new() { Copies = 2, Offsite = true },
            CopiesIn = [Options("near", repository.Options.Place, false), Options("far", "dc2", true)],
            Open = (o, _) => stores.TryGetValue(o.Name, out var s) ? Task.FromResult(SnapshotRepository.Over(o, s)) : throw new StoreUnreachableException(o.Uri, "nobody listens"),
        };
        Assert.Empty((await CheckAsync(repository, asked)).Findings);
        Assert.Equal(["TooFewCopies", "TooFewCopies"], (await CheckAsync(repository, asked with { Expectations = new() { Copies = 3 } })).Findings.Select(f => f.Code));

        far[$"prod/{Old}.db"] = [1];
        var findings = (await CheckAsync(repository, asked)).Findings;
        Assert.Equal([("NoOffsiteCopy", Old), ("SingleCopy", Old)], findings.Select(f => (f.Code, f.Backup!)).Order());
        Assert.All(findings, f => Assert.Equal(FindingSeverity.Warning, f.Severity));

        await _store.DeleteAsync($"prod/{New}.db", default);
        Assert.Contains("'near'", (await CheckAsync(repository, asked)).Findings.Single(f => f.Code == "ObjectMissing").Text, StringComparison.Ordinal);
        await _store.DeleteAsync($"prod/{New}.manifest.json", default);
        _store[$"prod/{New}.db"] = near[$"prod/{New}.db"];
        _time.Advance(TimeSpan.FromDays(2));
        Assert.Equal("ManifestMissing", (await CheckAsync(repository, asked)).Findings.Single(f => f.Backup == New).Code);
        Assert.Contains((await CheckAsync(repository, asked with { CopiesIn = [Options("gone", "x", true)] })).Findings, f => f.Code == "CopiesNotReachable" && f.Severity == FindingSeverity.Error);
    }

    [Fact]
    public async Task Locks_that_the_estate_promises_are_read_back()
    {
        var repository = StoredBackups.Over(_store, o => o with { Lock = new(BlobLockMode.Compliance, 30) });
        await StoredBackups.AddAsync(repository, Old);
        await StoredBackups.AddAsync(repository, New);
        _store.Retain($"prod/{New}.db", _time.GetUtcNow().AddDays(30));
        _store.Retain($"prod/{New}.manifest.json", _time.GetUtcNow().AddDays(30));
        _store.Retain($"prod/{Old}.db", _time.GetUtcNow().AddDays(12));

        var findings = (await CheckAsync(repository, Plain)).Findings;

        Assert.Equal(["LockMissing", "LockMissing"], findings.Select(f => f.Code));
        Assert.All(findings, f => Assert.Equal(Old, f.Backup));
        _time.Advance(TimeSpan.FromDays(31));
        Assert.DoesNotContain((await CheckAsync(repository, Plain)).Findings, f => f.Code == "LockMissing");
    }

    [Fact]
    public async Task Budgets_read_the_longest_unproven_first_and_every_check_goes_on_where_the_last_one_ended()
    {
        var repository = StoredBackups.Over(_store);
        for (var day = 1; day <= 5; day++)
        {
            await StoredBackups.AddAsync(repository, $"prod-2026110{day}T020000Z-0000");
        }

        var asked = Full with { Expectations = new() { ByteBudget = 2500 } };
        foreach (var (expected, count) in new[] { ("1 2", 2), ("3 4", 2), ("5 1", 2) })
        {
            var before = await ProofsAsync(repository);
            var result = await CheckAsync(repository, asked);
            var proven = (await ProofsAsync(repository)).Except(before, StringComparer.Ordinal).Select(n => n["prod/prod-202611".Length..][1]).ToList();
            Assert.Equal(count, result.Reverified);
            Assert.Equal(expected.Replace(" ", "", StringComparison.Ordinal).Order(), proven.Order());
            _time.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(1, (await CheckAsync(repository, Full with { Sample = 1 })).Reverified);
        Assert.Equal(1, (await CheckAsync(repository, Full with { Expectations = new() { ByteBudget = 1 } })).Reverified);
        Assert.Equal(1, (await CheckAsync(repository, Full with { Expectations = new() { TimeBudget = TimeSpan.Zero } })).Reverified);
    }

    [Fact]
    public async Task An_overdue_proof_is_read_again_and_told_where_only_an_identity_could_make_it()
    {
        var repository = StoredBackups.Over(_store, o => o with { ProofEvery = TimeSpan.FromDays(7) });
        await StoredBackups.AddAsync(repository, Old);
        await StoredBackups.AddAsync(repository, New, with: m => m with { Completed = m.Created });
        var result = await CheckAsync(repository, Plain);
        Assert.Empty(result.Findings);
        Assert.Equal(1, result.Reverified);

        _time.Advance(TimeSpan.FromDays(3));
        var sealedOne = await StoredBackups.AddAsync(repository, "prod-20261102T020000Z-0004", with: m => m with { Encryption = new("age-encryption.org/v1", ["age1somebody"], Passphrase: false) });
        result = await CheckAsync(repository, Plain);
        Assert.Equal(1, result.Reverified);
        Assert.Equal([("ProofOverdue", sealedOne.Id.ToString()), ("NotDecrypted", null)], result.Findings.Select(f => (f.Code, f.Backup)));
        Assert.True(result.IsValid);
    }

    [Fact]
    public async Task A_proof_that_says_damaged_counts_unless_anybody_could_have_written_it()
    {
        var repository = await TwoAsync();
        await StoredBackups.ProveAsync(repository, await repository.GetAsync(BackupId.Parse(New), default), _time.GetUtcNow(), valid: false);
        Assert.Equal("ProofSaysDamaged", (await CheckAsync(repository, Plain)).Findings.Single().Code);

        using var signer = Signer("mine");
        var store = new MemoryBlobStore(_time);
        var signed = StoredBackups.Over(store, o => o with { Signer = signer, Trust = ManifestTrust.FromFiles([_temp["mine.pub"]]) });
        var backup = await StoredBackups.AddAsync(signed, New);
        await StoredBackups.ProveAsync(StoredBackups.Over(store), backup, _time.GetUtcNow(), valid: false);
        Assert.Empty((await CheckAsync(signed, Plain)).Findings);
    }

    [Fact]
    public async Task What_nobody_finished_is_told_when_it_is_a_day_old()
    {
        var repository = await TwoAsync();
        _store["prod/prod-20261122T130000Z-0009.db"] = [1, 2, 3];
        Assert.Empty((await CheckAsync(repository, Plain)).Findings);
        _time.Advance(TimeSpan.FromHours(25));
        Assert.Equal([("Orphaned", "prod-20261122T130000Z-0009")], (await CheckAsync(repository, Plain)).Findings.Select(f => (f.Code, f.Backup!)));
    }

    [Fact]
    public async Task A_real_snapshot_is_verified_to_the_level_that_was_asked_for()
    {
        await using var repository = await SnapshotRepository.OpenAsync(RepositoryUri.Parse(_temp.CreateFolder("store")), default);
        var stored = await StoredBackups.AddAsync(repository, New, await File.ReadAllBytesAsync(RepositoryPaths.Fixture("golden.db")), m => m with { Verified = "Digest" });
        var result = await new RepositoryCheck(repository, _time).RunAsync(Full with { Test = new() { Level = VerificationLevel.Full } }, null, default);
        Assert.DoesNotContain(result.Findings, f => f.Code != "ClockDiffers");
        Assert.Equal(1, result.Proven);
        Assert.Equal("Full", (await ProofReader.FindNewestAsync(repository, (await StoredBackups.ListAsync(repository)).Single(), default))!.Level);
        Assert.Equal(stored.Manifest.Object.Size, result.BytesRead);
    }

    private async Task<SnapshotRepository> TwoAsync()
    {
        var repository = StoredBackups.Over(_store);
        await StoredBackups.AddAsync(repository, Old, files: true);
        await StoredBackups.AddAsync(repository, New, files: true);
        return repository;
    }

    private Task<RepositoryCheckResult> CheckAsync(SnapshotRepository repository, RepositoryCheckOptions options) => new RepositoryCheck(repository, _time).RunAsync(options, null, default);

    private static async Task<List<string>> ProofsAsync(SnapshotRepository repository) => [.. (await StoredBackups.ListAsync(repository)).SelectMany(b => b.ProofNames)];

    private ManifestSigner Signer(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(_temp[name + ".key"], key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(_temp[name + ".pub"], key.ExportSubjectPublicKeyInfoPem());
        return ManifestSigner.FromFile(_temp[name + ".key"]);
    }
}
