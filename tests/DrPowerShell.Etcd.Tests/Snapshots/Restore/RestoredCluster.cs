using System.Text.Json.Nodes;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>Data directories restored for a plan, and the real cluster that runs on them.</summary>
internal sealed class RestoredCluster : IAsyncDisposable
{
    private readonly TempFolder _temp = new("restored");
    private EtcdTestCluster? _cluster;

    private RestoredCluster(EtcdRelease release, EtcdClusterPlan plan, IReadOnlyList<string> learners)
    {
        (Release, Plan) = (release, plan);
        Options = RestorePlans.Options(plan, DataDirectory("{member}"), [.. learners]);
    }

    public EtcdRelease Release { get; }

    public EtcdClusterPlan Plan { get; }

    public RestoreOptions Options { get; private set; }

    public EtcdTestCluster Live => _cluster ?? throw new InvalidOperationException("It was not started.");

    /// <summary>What the members answer to HashKV once they have booted, as computed from their databases before the boot.</summary>
    public uint ExpectedHash { get; private set; }

    /// <summary>Restores every member, holds each to being complete, and has etcd's own tool read its database.</summary>
    public static async Task<RestoredCluster> RestoreAsync(
        EtcdRelease release, string snapshot, int members, Func<RestoreOptions, RestoreOptions>? change = null, bool tls = false, params string[] learners)
    {
        var restored = new RestoredCluster(release, EtcdTestCluster.Plan(members, tls, tls), learners);
        try
        {
            restored.Options = change?.Invoke(restored.Options) ?? restored.Options;
            var told = await RestorePlans.RestoreAsync(snapshot, restored.Options);
            Assert.Equal(members, told.Count);
            foreach (var target in restored.Options.Targets)
            {
                await restored.CheckAsync(target.DataDirectory, told.Single(t => t.Name == target.MemberName));
            }

            return restored;
        }
        catch
        {
            await restored.DisposeAsync();
            throw;
        }
    }

    public string DataDirectory(string member) => _temp[member];

    /// <summary>Starts the cluster on the restored directories.</summary>
    public async Task StartAsync(string? rootPassword = null) => _cluster = await EtcdTestCluster.StartAsync(Release, ClusterOptions(rootPassword));

    /// <summary>The same for members that answer but do not call themselves healthy, as one with an alarm.</summary>
    public async Task StartUnhealthyAsync()
    {
        _cluster = EtcdTestCluster.Create(Release, ClusterOptions(rootPassword: null));
        foreach (var member in _cluster.Members)
        {
            member.Start();
        }

        await Eventually.IsTrueAsync(async () => (await _cluster.TryEtcdctlAsync("endpoint", "status")).ExitCode == 0, "the members answer");
    }

    /// <summary>Asserts that every member answers the hash that was computed offline, once a scheduled compaction is done.</summary>
    public async Task AssertHashesAsync()
    {
        IReadOnlyList<EtcdLiveHash> hashes = [];
        try
        {
            await Eventually.IsTrueAsync(
                async () => (hashes = await Live.HashKvAsync()).All(h => h.Hash == ExpectedHash), "all members answer the expected HashKV", TimeSpan.FromSeconds(15));
        }
        catch (TimeoutException e)
        {
            Assert.Fail($"Expected {ExpectedHash}, but: {string.Join(", ", hashes)}. {e.Message}");
        }

        Assert.Equal(Plan.Members.Count, hashes.Count);
    }

    /// <summary>Asserts that each member by itself has all these keys, with value, revisions, version and lease.</summary>
    public async Task AssertKeysAsync(IReadOnlyList<string> expected)
    {
        for (var i = 0; i < Live.Members.Count; i++)
        {
            var load = await EtcdLoad.OpenAsync(Live, i);
            Assert.Equal(expected, (await load.GetAllAsync()).Select(LiveSnapshots.Tell));
        }
    }

    /// <summary>Stops every member and starts all of them again.</summary>
    public async Task RestartAsync()
    {
        await Task.WhenAll(Live.Members.Select(m => m.StopAsync()));
        foreach (var member in Live.Members)
        {
            member.Start();
        }

        await Live.WaitUntilHealthyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        _temp.Dispose();
    }

    private EtcdClusterOptions ClusterOptions(string? rootPassword) =>
        new() { Plan = Plan, DataDirectory = DataDirectory("{member}"), RootPassword = rootPassword };

    private async Task CheckAsync(string dataDirectory, RestoredMember told)
    {
        var result = await RestorePlans.AssertCompleteAsync(dataDirectory, Options);
        Assert.DoesNotContain(result.Findings, f => f.Severity == FindingSeverity.Warning && f.Code != "DigestMissing");
        Assert.Equal(told.DbSize, result.Size);
        Assert.Equal(told.Revision, new[] { 1, result.Status!.Revision, result.Status.CompactedRevision, result.Status.ScheduledCompactRevision }.Max());
        ExpectedHash = result.HashKvAfterBoot!.Value;
        var witness = JsonNode.Parse(await Release.SnapshotAsync("status", RestorePlans.DatabaseOf(dataDirectory), "--write-out=json"))!;
        Assert.Equal(result.Status.Hash, (uint)witness["hash"]!);
        Assert.Equal(result.Status.TotalSize, (long)witness["totalSize"]!);
    }
}
