using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Collecting;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Locking;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Retention;
using DrPowerShell.Core.Tests.Repositories;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Retention;

public sealed class RetentionRunnerTests : IAsyncDisposable
{
    private static readonly RetentionRequest LastOne = new() { Policy = new() { Last = 1 } };

    private readonly FakeTimeProvider _time = new(new(2026, 11, 22, 14, 0, 0, TimeSpan.Zero));
    private readonly MemoryBlobStore _store;
    private readonly List<RetentionDecision> _decisions = [];
    private readonly List<CollectedObject> _collected = [];

    public RetentionRunnerTests() => _store = new(_time);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task What_no_rule_keeps_goes_with_its_proofs_and_what_dead_runs_left_is_collected()
    {
        var repository = StoredBackups.Over(_store);
        var old = await StoredBackups.AddAsync(repository, "prod-20261122T110000Z-0001");
        await StoredBackups.ProveAsync(repository, old, _time.GetUtcNow());
        await StoredBackups.AddAsync(repository, "prod-20261122T120000Z-0002");
        _store["prod/prod-20261101T120000Z-0003.db"] = [1];
        _time.Advance(TimeSpan.FromDays(2));
        _store["prod/prod-20261124T130000Z-0004.pending"] = [1]; // another host's, under way
        _store["prod/prod-20261124T130000Z-0004.db"] = [1];

        await RunAsync(repository, LastOne);

        Assert.Equal(
            ["prod/prod-20261122T120000Z-0002.db", "prod/prod-20261122T120000Z-0002.manifest.json", "prod/prod-20261124T130000Z-0004.db", "prod/prod-20261124T130000Z-0004.pending"],
            _store.Names);
        Assert.Equal(["Keep", "Removed"], _decisions.Select(d => d.Act));
        Assert.Equal(["prod/prod-20261101T120000Z-0003.db"], _collected.Select(c => c.Name));
    }

    [Fact]
    public async Task A_shrunk_cluster_loses_nothing_the_others_have_their_turn_and_then_it_is_told()
    {
        var repository = StoredBackups.Over(_store);
        await StoredBackups.AddAsync(repository, "prod-20261122T110000Z-0001");
        await StoredBackups.AddAsync(repository, "prod-20261122T120000Z-0002", with: m => m with { KeyCount = 3 });
        await StoredBackups.AddAsync(repository, "zoo-20261122T110000Z-0001");
        await StoredBackups.AddAsync(repository, "zoo-20261122T120000Z-0002");

        var shrink = await Assert.ThrowsAsync<SuspiciousShrinkException>(() => RunAsync(repository, LastOne));

        Assert.Contains("3 keys", shrink.Message, StringComparison.Ordinal);
        Assert.Equal(["prod", "prod", "zoo"], (await StoredBackups.ListAsync(repository)).Select(b => b.Id.Cluster).Order());
        await RunAsync(repository, LastOne with { AcceptShrink = true, Cluster = "prod" });
        Assert.Equal(["prod", "zoo"], (await StoredBackups.ListAsync(repository)).Select(b => b.Id.Cluster).Order());
    }

    [Fact]
    public async Task Damaged_untrusted_and_locked_backups_stay_and_what_a_lock_holds_longer_than_its_manifest_says_too()
    {
        var repository = StoredBackups.Over(_store);
        await StoredBackups.AddAsync(repository, "prod-20261122T130000Z-0001");
        var bad = await StoredBackups.AddAsync(repository, "prod-20261122T120000Z-0002");
        await StoredBackups.ProveAsync(repository, bad, _time.GetUtcNow(), valid: false);
        await StoredBackups.AddAsync(repository, "prod-20261122T110000Z-0003");
        _store["prod/prod-20261122T110000Z-0003.manifest.json"] = [1];
        await StoredBackups.AddAsync(repository, "prod-20261122T100000Z-0004", with: m => m with { Retention = new("Compliance", _time.GetUtcNow().AddDays(9)) });
        await StoredBackups.AddAsync(repository, "prod-20261122T090000Z-0005");
        _store.Retain("prod/prod-20261122T090000Z-0005.db", _time.GetUtcNow().AddDays(3));
        await StoredBackups.AddAsync(repository, "prod-20261122T080000Z-0006");

        await RunAsync(repository, LastOne);

        Assert.Equal(
            [
                "last 1, newest verified|", "found damaged|", "manifest damaged|", "locked until 2026-12-01 14:00:00Z|",
                "locked until 2026-11-25 14:00:00Z|", "|gone",
            ],
            _decisions.OrderByDescending(d => d.Backup.Time).Select(d => string.Join(", ", d.Rules) + (d.IsRemoved ? "|gone" : "|")));
    }

    [Fact]
    public async Task What_nobody_signed_pushes_nothing_out_where_signatures_are_asked_for()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using var temp = new DrPowerShell.Testing.TempFolder("retention");
        await File.WriteAllTextAsync(temp["k"], key.ExportPkcs8PrivateKeyPem());
        await File.WriteAllTextAsync(temp["p"], key.ExportSubjectPublicKeyInfoPem());
        using var signer = ManifestSigner.FromFile(temp["k"]);
        var signed = StoredBackups.Over(_store, o => o with { Signer = signer, Trust = ManifestTrust.FromFiles([temp["p"]]) });
        await StoredBackups.AddAsync(signed, "prod-20261122T110000Z-0001");
        await StoredBackups.AddAsync(StoredBackups.Over(_store), "prod-20261122T130000Z-0002");

        await RunAsync(signed, LastOne);

        Assert.Equal(["not trusted", "last 1, newest verified, only one in memory"], _decisions.Select(d => string.Join(", ", d.Rules)));
    }

    [Fact]
    public async Task While_another_run_removes_nothing_is_touched()
    {
        var repository = StoredBackups.Over(_store);
        await StoredBackups.AddAsync(repository, "prod-20261122T110000Z-0001");
        await StoredBackups.AddAsync(repository, "prod-20261122T120000Z-0002");
        await using (await RepositoryLock.TakeAsync(_store, RepositoryLock.Removal, "other", TimeSpan.Zero, _time, default))
        {
            await Assert.ThrowsAsync<RepositoryBusyException>(() => RunAsync(repository, LastOne));
        }

        Assert.Equal(4, _store.Names.Count);
    }

    [Fact]
    public async Task A_file_that_was_imported_later_counts_for_the_day_it_was_made()
    {
        var repository = StoredBackups.Over(_store);
        foreach (var day in new[] { 1, 2, 3 })
        {
            await StoredBackups.AddAsync(repository, $"prod-20261122T12000{day}Z-0000", with: m => m with { Origin = BackupOrigin.Imported, Created = new(2026, 11, day, 3, 0, 0, TimeSpan.Zero) });
        }

        await RunAsync(repository, new() { Policy = new() { Daily = 7 } });

        Assert.All(_decisions, d => Assert.True(d.Keep));
    }

    private Task RunAsync(SnapshotRepository repository, RetentionRequest request) => new RetentionRunner(repository, _time).RunAsync(
        request, _ => true, new Into<RetentionDecision>(_decisions), new Into<CollectedObject>(_collected), TimeSpan.Zero, default);

    private sealed class Into<T>(List<T> list) : IProgress<T>
    {
        public void Report(T value) => list.Add(value);
    }
}
