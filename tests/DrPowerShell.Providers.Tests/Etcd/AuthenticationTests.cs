using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Etcd;

/// <summary>Users, passwords, roles and tokens that end.</summary>
public sealed class AuthenticationTests(SharedClusters clusters)
{
    private const string Wrong = "not-the-password-3141";

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task A_wrong_password_and_an_unknown_user_fail_alike_and_leak_nothing(EtcdRelease release)
    {
        var options = (await clusters.GetAsync(release, user: true)).Options() with { Password = Wrong };
        foreach (var user in new[] { "root", "nobody" })
        {
            var error = await Assert.ThrowsAsync<EtcdAuthenticationFailedException>(() => Connections.OpenAsync(options with { UserName = user }));
            Assert.Equal(user, error.UserName);
            Assert.DoesNotContain(Wrong, error.ToString());
            Assert.DoesNotContain(Wrong, options.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task No_user_where_one_is_needed_is_told_on_connecting(EtcdRelease release)
    {
        var options = (await clusters.GetAsync(release, user: true)).Options() with { UserName = null, Password = null };
        var error = await Assert.ThrowsAsync<EtcdUserNameRequiredException>(() => Connections.OpenAsync(options));
        Assert.Contains("-Credential", error.RecommendedAction);
    }

    [Fact]
    public async Task A_user_where_none_is_needed_does_no_harm()
    {
        var cluster = await clusters.GetAsync(EtcdBinaries.V35);
        await using var connection = await Connections.OpenAsync(cluster.Options() with { UserName = "root", Password = Wrong });
        await connection.PutAsync("/harmless", "1");
        Assert.Single((await connection.GetAsync("/harmless")).Items);
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task What_a_user_may_not_do_is_permission_denied(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release, new EtcdClusterOptions { EnableAuth = true });
        await cluster.EtcdctlAsync("role", "add", "reader");
        await cluster.EtcdctlAsync("role", "grant-permission", "reader", "--prefix=true", "read", "/mine/");
        await cluster.EtcdctlAsync("user", "add", "reader:reader-pw");
        await cluster.EtcdctlAsync("user", "grant-role", "reader", "reader");
        await using var connection = await Connections.OpenAsync(cluster.Options() with { UserName = "reader", Password = "reader-pw" });

        Assert.Empty((await connection.RangeAsync(new EtcdRangeRequest(EtcdKeyRange.Prefix("/mine/")), default)).Items);
        await DeniedAsync(() => connection.GetAsync("/other"));
        await DeniedAsync(() => connection.PutAsync("/mine/a", "1"));
        await DeniedAsync(() => connection.ReadWholeSnapshotAsync(cluster.Endpoints[0]));
        await DeniedAsync(() => connection.GetHashKvAsync(cluster.Endpoints[0], 0, default));

        static async Task DeniedAsync(Func<Task> act)
        {
            var error = await Assert.ThrowsAsync<EtcdPermissionDeniedException>(act);
            Assert.Equal(("reader", FailureKind.Permission), (error.UserName, error.Kind));
        }
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task A_token_that_ended_is_renewed_without_a_word(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(release, new EtcdClusterOptions { EnableAuth = true });
        await using var connection = await cluster.ConnectAsync();
        await connection.PutAsync("/a", "1");

        // A simple token lives in the member's memory: it is gone with a restart, and refused by each service in its own words.
        foreach (var act in new Func<Task>[]
        {
            () => connection.PutAsync("/a", "2"),
            () => connection.ReadWholeSnapshotAsync(cluster.Endpoints[0]),
            () => connection.GetHashKvAsync(cluster.Endpoints[0], 0, default),
            () => connection.GetAsync("/a"),
        })
        {
            await cluster.StopMemberAsync(0);
            await cluster.StartMemberAsync(0);
            await act();
        }
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task A_token_that_outlived_its_time_is_renewed_without_a_word(EtcdRelease release)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(
            release, new EtcdClusterOptions { EnableAuth = true, ExtraArguments = ["--auth-token-ttl", "1"] });
        await using var connection = await cluster.ConnectAsync();
        await connection.PutAsync("/a", "1");
        var ended = TimeProvider.System.GetTimestamp();
        await Eventually.IsTrueAsync(() => TimeProvider.System.GetElapsedTime(ended) > TimeSpan.FromSeconds(3), "the token has ended");
        await connection.PutAsync("/a", "2");
        Assert.Equal("2", Assert.Single((await connection.GetAsync("/a")).Items).Value);
    }

    [Fact]
    public async Task Authentication_that_is_turned_on_later_is_noticed()
    {
        await using var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        await using var withUser = await Connections.OpenAsync(cluster.Options() with { UserName = "root", Password = "pw" });
        await using var without = await cluster.ConnectAsync();
        await cluster.EtcdctlAsync("user", "add", "root:pw");
        await cluster.EtcdctlAsync("role", "add", "root");
        await cluster.EtcdctlAsync("user", "grant-role", "root", "root");
        await cluster.EtcdctlAsync("auth", "enable");
        await withUser.PutAsync("/a", "1");
        await Assert.ThrowsAsync<EtcdUserNameRequiredException>(() => without.GetAsync("/a"));
    }

    [Fact]
    public async Task One_token_serves_every_member()
    {
        await using var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new EtcdClusterOptions { Members = 3, EnableAuth = true });
        await using var connection = await cluster.ConnectAsync();
        for (var i = 0; i < 20; i++)
        {
            await connection.PutAsync("/a", $"{i}");
            foreach (var endpoint in cluster.Endpoints)
            {
                var page = await connection.RangeAsync(new EtcdRangeRequest(EtcdKeyRange.Single("/a")) { Endpoint = endpoint }, default);
                Assert.Equal($"{i}", Assert.Single(page.Items).Value);
            }
        }
    }
}
