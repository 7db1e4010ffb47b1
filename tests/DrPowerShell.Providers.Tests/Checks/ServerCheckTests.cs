using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Checks.Errors;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;
using DrPowerShell.Providers.Tests.Etcd;
using DrPowerShell.Testing.Etcd;
using DrPowerShell.Testing.Services;
using Xunit;

namespace DrPowerShell.Providers.Tests.Checks;

/// <summary>Business checks against a real BIND, a real PostgreSQL, a real etcd and this machine.</summary>
public sealed class ServerCheckTests(SharedClusters clusters)
{
    [Fact]
    public async Task Dns_is_asked_at_the_server_that_is_named_and_every_answer_that_is_wanted_must_be_there()
    {
        await using var server = await DnsServer.StartAsync();
        CheckSection Record(DnsRecordType type, string host, params string[] answers) =>
            Ask.Section(CheckKind.Dns) with { Host = host + ".dr.test", Record = type, Answers = answers, Server = server.Address };

        await Record(DnsRecordType.A, "api", "127.0.0.3", "127.0.0.2").PassesAsync();
        await Record(DnsRecordType.Aaaa, "six", "0:0:0:0:0:0:0:2").PassesAsync();
        await Record(DnsRecordType.Cname, "www", "API.dr.test.").PassesAsync();
        await Record(DnsRecordType.Txt, "note", "Site A").PassesAsync();
        await Record(DnsRecordType.Srv, "_etcd._tcp").PassesAsync();
        await (Ask.Section(CheckKind.Dns) with { Host = "dr.test", Record = DnsRecordType.Mx, Answers = ["10 mail.dr.test"], Server = server.Address }).PassesAsync();

        Assert.Equal("api.dr.test A has 127.0.0.2, 127.0.0.3, not 127.0.0.9", (await Record(DnsRecordType.A, "api", "127.0.0.2", "127.0.0.9").FailsAsync()).Text);
        Assert.False((await Record(DnsRecordType.Txt, "note", "site a").FailsAsync()).Passed);
        Assert.NotEmpty((await Record(DnsRecordType.A, "none").FailsAsync()).Text);
    }

    [Fact]
    public async Task Sql_counts_rows_and_compares_the_first_value_and_never_tells_a_password_or_what_was_found()
    {
        await using var server = await PostgresServer.StartAsync();
        CheckSection Query(string query) => Ask.Section(CheckKind.Sql) with
        {
            Provider = SqlKind.Postgresql, Host = "127.0.0.1", Port = server.Port, Database = "postgres", User = server.User, Password = Ask.Secret, Query = query,
        };
        var (good, wrong) = (Ask.With(server.Password), Ask.With("wrong-password-planted"));

        Assert.Equal("3 rows", (await (Query("select * from generate_series(1, 3)") with { AtLeast = 3 }).PassesAsync(good)).Text);
        Assert.Equal("the query answers '42'", (await (Query("select 42::bigint") with { Expect = "42" }).PassesAsync(good)).Text);
        Assert.Equal("3 rows, and there must be 4 at least", (await (Query("select * from generate_series(1, 3)") with { AtLeast = 4 }).FailsAsync(good)).Text);
        var other = (await (Query("select 'a-customer-planted'") with { Expect = "x" }).FailsAsync(good)).Text;
        Assert.Equal("the query answers another value, not 'x'", other);
        Assert.Contains("orders", (await Query("select 1 from orders").FailsAsync(good)).Text, StringComparison.Ordinal);

        var refused = await Query("select 1").FailsAsync(wrong);
        Assert.Contains("password authentication failed", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("planted", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains("no answer within", (await (Query("select pg_sleep(30)") with { Timeout = TimeSpan.FromSeconds(1) }).FailsAsync(good)).Text, StringComparison.Ordinal);
        Assert.Contains("was not read before the checks began", (await Query("select 1").FailsAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_of_a_real_cluster_are_read_and_counted()
    {
        var cluster = await clusters.GetAsync(EtcdBinaries.V35);
        await using (var connection = await cluster.ConnectAsync())
        {
            foreach (var key in new[] { "/checked/a", "/checked/b", "/registry/minions/n1", "/registry/pods/shop/p1", "/registry/pods/shop/p2", "/registry/example.com/widgets/w1" })
            {
                await connection.PutAsync(key, "the answer is 42", TestContext.Current.CancellationToken);
            }
        }

        var world = new CheckWorld { Cluster = async _ => await cluster.ConnectAsync(), SnapshotCount = (prefix, _) => Task.FromResult<long?>(prefix == "/registry/pods/" ? 2 : 0) };
        var key1 = Ask.Section(CheckKind.EtcdKey);
        await (key1 with { Key = "/checked/a", Pattern = "is \\d+$" }).PassesAsync(world);
        await (key1 with { Prefix = "/checked/", AtLeast = 2 }).PassesAsync(world);
        Assert.Equal("the pattern is not in the value of /checked/a", (await (key1 with { Key = "/checked/a", Pattern = "^42" }).FailsAsync(world)).Text);
        Assert.Equal("there is no key /checked/c", (await (key1 with { Key = "/checked/c" }).FailsAsync(world)).Text);
        Assert.Equal("2 keys below /checked/, and there must be 3 at least", (await (key1 with { Prefix = "/checked/", AtLeast = 3 }).FailsAsync(world)).Text);

        var count = Ask.Section(CheckKind.KubernetesCount);
        await (count with { Resource = "nodes", AtLeast = 1 }).PassesAsync(world);
        await (count with { Resource = "widgets.example.com", AtLeast = 1 }).PassesAsync(world);
        await (count with { Resource = "pods", AtLeastPercent = 100 }).PassesAsync(world);
        Assert.Equal("2 pods, and there must be 3 at least", (await (count with { Resource = "pods", AtLeastPercent = 150 }).FailsAsync(world)).Text);
        var unknown = await Assert.ThrowsAsync<CheckNotPossibleException>(() => (count with { Resource = "pods", AtLeastPercent = 100 }).RunAsync(world with { SnapshotCount = null }));
        Assert.Contains("is not known here", unknown.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<CheckNotPossibleException>(() => (key1 with { Key = "/a" }).RunAsync());
    }

    [Fact]
    public async Task A_command_passes_by_its_exit_code_and_its_output()
    {
        await using IHost host = new LocalHost(new HostOptions { Name = "here", Kind = HostKind.Local });
        var world = new CheckWorld { Host = _ => host };
        var command = Ask.Section(CheckKind.Command) with { Host = "here", Command = "echo ready; exit 3", ExitCode = 3, Pattern = "^ready" };

        Assert.Equal("exit code 3 on here", (await command.PassesAsync(world)).Text);
        Assert.Equal("exit code 3 on here, not 0", (await (command with { ExitCode = 0 }).FailsAsync(world)).Text);
        var other = await (command with { Pattern = "NotReady" }).FailsAsync(world);
        Assert.Equal("exit code 3 on here, but the pattern is not in its output", other.Text);
        Assert.DoesNotContain("ready;", other.Text, StringComparison.Ordinal);
        Assert.Contains("within", (await (command with { Command = "sleep 60", Timeout = TimeSpan.FromSeconds(1) }).FailsAsync(world)).Text, StringComparison.Ordinal);
        await Assert.ThrowsAsync<CheckNotPossibleException>(() => command.RunAsync());
    }
}
