using System.Security.Cryptography;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Etcd;

/// <summary>What a cluster that is well answers: plain, with mutual TLS, and with a user.</summary>
public sealed class RequestTests
{
    public static TheoryData<EtcdRelease, bool, bool> Kinds
    {
        get
        {
            var rows = new TheoryData<EtcdRelease, bool, bool>();
            foreach (var release in EtcdBinaries.All)
            {
                rows.Add(release, false, false);
                rows.Add(release, true, false);
                rows.Add(release, true, true);
                rows.Add(release, false, true);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_request_is_answered_plain_with_mutual_TLS_and_with_a_user(EtcdRelease release, bool tls, bool user)
    {
        await using var real = await EtcdTestCluster.StartAsync(release, new EtcdClusterOptions { Tls = tls, EnableAuth = user });
        await using var cluster = await real.ConnectAsync();
        var endpoint = real.Endpoints[0];

        var member = Assert.Single((await cluster.GetMembersAsync(default)).Members);
        Assert.Equal("m1", member.Name);
        Assert.Equal(real.Members[0].ClientUrl, Assert.Single(member.ClientUrls));
        Assert.Equal(real.Members[0].PeerUrl, Assert.Single(member.PeerUrls));
        Assert.False(member.IsLearner);

        var put = await cluster.PutAsync("/a", "one");
        var page = await cluster.GetAsync("/a");
        var item = Assert.Single(page.Items);
        Assert.Equal(("/a", "one", put.Revision, put.Revision, 1L, 0L), (item.Key, item.Value, item.CreateRevision, item.ModRevision, item.Version, item.Lease));
        Assert.Equal(put.Revision, page.Revision);
        Assert.False(page.More);

        var status = await cluster.GetStatusAsync(endpoint, default);
        Assert.Equal(release.Version, status.Version);
        Assert.Equal((member.Id, true, false), (status.MemberId, status.IsLeader, status.IsLearner));
        Assert.Equal(put.Revision, status.Revision);
        Assert.InRange(status.DbSizeInUse, 1, status.DbSize);
        Assert.Null(release.IsAtLeast(6) ? null : status.DbSizeQuota);

        var hash = await cluster.GetHashKvAsync(endpoint, 0, default);
        var witness = Assert.Single(await real.HashKvAsync());
        Assert.Equal((witness.Hash, witness.CompactRevision, witness.Revision), (hash.Hash, hash.CompactRevision, hash.Revision));

        var certificate = await cluster.GetServerCertificateAsync(endpoint, default);
        Assert.Equal(tls ? "CN=dr-server" : null, certificate?.Subject);
        Assert.Empty(await cluster.GetAlarmsAsync(default));

        var image = await cluster.ReadWholeSnapshotAsync(endpoint);
        Assert.Equal(SHA256.HashData(image.AsSpan(0, image.Length - 32)), image[^32..]);
        Assert.Equal(0, (image.Length - 32) % 4096);

        var deleted = await cluster.DeleteAsync(EtcdKeyRange.Prefix("/a"), default);
        Assert.Equal(1, deleted.Deleted);
        Assert.Equal(put.Revision + 1, deleted.Revision);
        Assert.Empty((await cluster.GetAsync("/a")).Items);
    }
}
