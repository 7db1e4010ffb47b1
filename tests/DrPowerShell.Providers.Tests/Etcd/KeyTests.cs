using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Etcd;

/// <summary>Reading and writing keys, and what etcd refuses.</summary>
public sealed class KeyTests(SharedClusters clusters)
{
    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task A_hundred_thousand_keys_come_in_pages_at_one_revision(EtcdRelease release)
    {
        const int Count = 100_000;
        await using var cluster = await EtcdTestCluster.StartAsync(release);
        var load = await EtcdLoad.OpenAsync(cluster);
        await load.PutSequenceAsync(Count, "/many/", valueSize: 20);
        await using var connection = await cluster.ConnectAsync();

        var keys = new List<string>(Count);
        var request = new EtcdRangeRequest(EtcdKeyRange.Prefix("/many/")) { KeysOnly = true };
        EtcdRangePage page;
        do
        {
            page = await connection.RangeAsync(request, default);
            keys.AddRange(page.Items.Select(i => i.Key));
            request = request with { Range = request.Range.StartingAfter(page.Items[^1].KeyBytes), Revision = page.Revision };
            if (keys.Count < 5000)
            {
                // What is written meanwhile is of a later revision.
                await connection.PutAsync($"/many/late-{keys.Count}", "");
            }
        }
        while (page.More);

        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"/many/{i:D8}"), keys);
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task Revisions_that_are_gone_or_not_there_yet_are_told_apart(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release);
        await using var connection = await cluster.ConnectAsync();
        var first = await connection.PutAsync("/a", "1");
        var second = await connection.PutAsync("/a", "2");
        var old = new EtcdRangeRequest(EtcdKeyRange.Single("/a")) { Revision = first.Revision };
        Assert.Equal("1", Assert.Single((await connection.RangeAsync(old, default)).Items).Value);

        await (await EtcdLoad.OpenAsync(cluster)).CompactAsync(second.Revision);
        var gone = await Assert.ThrowsAsync<EtcdRevisionCompactedException>(() => connection.RangeAsync(old, default));
        Assert.Equal(first.Revision, gone.Revision);
        await Assert.ThrowsAsync<EtcdRevisionCompactedException>(() => connection.GetHashKvAsync(cluster.Endpoints[0], first.Revision, default));

        var future = await Assert.ThrowsAsync<EtcdRevisionNotReachedException>(() => connection.RangeAsync(old with { Revision = 1000 }, default));
        Assert.Equal(1000, future.Revision);
        await Assert.ThrowsAsync<EtcdRevisionNotReachedException>(() => connection.GetHashKvAsync(cluster.Endpoints[0], 1000, default));
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task A_database_at_its_quota_refuses_writes_raises_an_alarm_and_still_reads(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release, new EtcdClusterOptions { ExtraArguments = ["--quota-backend-bytes", "2000000"] });
        await using var connection = await cluster.ConnectAsync();
        var value = new string('v', 500_000);
        await Assert.ThrowsAsync<EtcdSpaceExceededException>(async () =>
        {
            // A server that has not yet written what it has accepted does not count it: whoever is fast needs more of them.
            for (var i = 0; i < 200; i++)
            {
                await connection.PutAsync($"/big/{i}", value);
            }
        });
        var member = Assert.Single((await connection.GetMembersAsync(default)).Members);
        Assert.Equal([new EtcdAlarm(member.Id, EtcdAlarmKind.NoSpace)], await connection.GetAlarmsAsync(default));
        Assert.NotEmpty((await connection.GetAsync("/big/0")).Items);
        Assert.NotEmpty((await connection.GetStatusAsync(cluster.Endpoints[0], default)).Errors);
    }

    [Fact]
    public async Task A_value_that_is_too_large_and_a_lease_that_is_not_there_are_refused()
    {
        await using var connection = await (await clusters.GetAsync(EtcdBinaries.V35)).ConnectAsync();
        await Assert.ThrowsAsync<EtcdRequestTooLargeException>(() => connection.PutAsync("/large", new string('v', 1_800_000)));
        var lease = await Assert.ThrowsAsync<EtcdLeaseNotFoundException>(
            () => connection.PutAsync(new EtcdPutRequest([1], [2]) { Lease = 0x1234 }, default));
        Assert.Equal(0x1234, lease.Lease);
    }

    [Fact]
    public async Task A_key_keeps_its_bytes_and_its_lease()
    {
        var cluster = await clusters.GetAsync(EtcdBinaries.V35);
        await using var connection = await cluster.ConnectAsync();
        var lease = await (await EtcdLoad.OpenAsync(cluster)).GrantLeaseAsync(TimeSpan.FromMinutes(5));
        byte[] key = [0xff, 0x00, 0x80];
        await connection.PutAsync(new EtcdPutRequest(key, [0xfe, 0x00]) { Lease = lease }, default);
        var page = await connection.RangeAsync(new EtcdRangeRequest(EtcdKeyRange.All), default);
        var item = page.Items.Single(i => i.KeyBytes.AsSpan().SequenceEqual(key));
        Assert.Equal(lease, item.Lease);
        Assert.Equal([0xfe, 0x00], item.ValueBytes);
    }

    [Fact]
    public async Task A_connection_that_was_closed_says_so()
    {
        var connection = await (await clusters.GetAsync(EtcdBinaries.V35)).ConnectAsync();
        await connection.DisposeAsync();
        await connection.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => connection.GetMembersAsync(default));
    }
}
