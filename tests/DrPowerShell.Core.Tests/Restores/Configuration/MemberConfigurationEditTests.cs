using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Restores.Configuration;
using DrPowerShell.Core.Restores.Configuration.Errors;
using DrPowerShell.Core.Services;
using Xunit;
using static DrPowerShell.Core.Tests.Restores.Configuration.MemberConfigurationReaderTests;
using static DrPowerShell.Core.Tests.Restores.Configuration.MemberTextSamples;

namespace DrPowerShell.Core.Tests.Restores.Configuration;

public sealed class MemberConfigurationEditTests
{
    private const string Unit = "/etc/systemd/system/etcd.service";
    private const string DropIn = "/etc/systemd/system/etcd.service.d/90-drpowershell-restore.conf";
    private const string Cluster = "m1=https://10.9.0.1:2380,m2=https://10.9.0.2:2380";

    private static readonly MemberConfigurationChange Change = new()
    {
        Name = "m1",
        ListenClientUrls = [new Uri("https://10.9.0.1:2379"), new Uri("https://127.0.0.1:2379")],
        AdvertiseClientUrls = [new Uri("https://10.9.0.1:2379")],
        ListenPeerUrls = [new Uri("https://10.9.0.1:2380")],
        AdvertisePeerUrls = [new Uri("https://10.9.0.1:2380")],
        InitialCluster = Cluster,
        InitialClusterState = "existing",
        InitialClusterToken = "restore-1",
    };

    public static TheoryData<string> Kinds => ["debian", "flags", "shell", "config", "json", "pod", "flow-pod", "env", "variables", "windows-breaks"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_is_wanted_is_what_is_read_afterwards_and_undo_leaves_the_same_bytes(string kind)
    {
        var (host, service, section) = Make(kind);
        var before = host.Files.ToDictionary(StringComparer.Ordinal);
        var old = await ReadAsync(host, service, section);
        var change = Change with { DataDirectory = old.DataDirectory + "/new" };

        var edits = MemberConfigurationEdit.Plan(old, change);
        host.Apply(edits);
        var read = await ReadAsync(host, service, section);

        Assert.NotEmpty(edits);
        Assert.Equal((change.Name, change.DataDirectory, Cluster, "existing", "restore-1"), (read.Name, read.DataDirectory, read.InitialCluster, read.InitialClusterState, read.InitialClusterToken));
        Assert.Equal([.. change.ListenClientUrls!, .. change.AdvertiseClientUrls!], [.. read.ListenClientUrls, .. read.AdvertiseClientUrls]);
        Assert.Equal([.. change.ListenPeerUrls!, .. change.AdvertisePeerUrls!], [.. read.ListenPeerUrls, .. read.AdvertisePeerUrls]);
        Assert.False(read.ForceNewCluster);
        Assert.Equal(old.Extra.OrderBy(one => one.Key, StringComparer.Ordinal), read.Extra.OrderBy(one => one.Key, StringComparer.Ordinal));
        Assert.Equal((old.ClientTls, old.PeerTls, old.User), (read.ClientTls, read.PeerTls, read.User));
        Assert.Empty(MemberConfigurationEdit.Plan(read, change));

        host.Undo(edits);
        Assert.Equal(before.OrderBy(one => one.Key, StringComparer.Ordinal), host.Files.OrderBy(one => one.Key, StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_line_that_is_not_changed_stays_as_it_is(string kind)
    {
        var (host, service, section) = Make(kind);
        var edits = MemberConfigurationEdit.Plan(await ReadAsync(host, service, section), Change);

        foreach (var edit in edits.Where(one => one.OldBytes is not null))
        {
            string[] old = host.Text(edit.Path).Split('\n', StringSplitOptions.RemoveEmptyEntries), now = System.Text.Encoding.UTF8.GetString(edit.NewBytes).Split('\n');
            Assert.All(old.Where(line => line.Trim() is ['#', ..] or ['/', '/', ..]), comment => Assert.Contains(comment, now));
            // In their order: what is left of the old lines is a part of the new ones.
            string[] kept = [.. old.Where(now.Contains)];
            Assert.Equal(kept, now.Where(kept.Contains));
            Assert.True(old.Length - kept.Length <= 9, $"{old.Length - kept.Length} lines of {edit.Path} are others");
        }
    }

    [Fact]
    public async Task In_a_configuration_file_each_value_keeps_its_place_its_quotes_and_its_comment()
    {
        var (host, service, section) = Make("config");

        var edit = Assert.Single(MemberConfigurationEdit.Plan(await ReadAsync(host, service, section), new() { Name = "o'n", DataDirectory = "/srv/new", InitialCluster = "m1=http://a:1,m2=http://b:2", InitialClusterToken = "t", InitialClusterState = "existing" }));

        var text = System.Text.Encoding.UTF8.GetString(edit.NewBytes);
        Assert.Equal(ConfigFile
            .Replace("name: 'default'", "name: 'o''n'", StringComparison.Ordinal)
            .Replace("data-dir: /var/lib/etcd   # on its own disk", "data-dir: /srv/new   # on its own disk", StringComparison.Ordinal)
            .Replace("\ninitial-cluster:\n", "\ninitial-cluster: m1=http://a:1,m2=http://b:2\n", StringComparison.Ordinal)
            .Replace("initial-cluster-token: \"etcd-cluster\"", "initial-cluster-token: \"t\"", StringComparison.Ordinal)
            .Replace("force-new-cluster: true", "force-new-cluster: false", StringComparison.Ordinal) + "\ninitial-cluster-state: existing\n", text);
        Assert.False(edit.NeedsReload);
    }

    [Fact]
    public async Task A_manifest_keeps_its_order_and_a_new_flag_is_one_more_line()
    {
        var (host, service, _) = Make("pod");

        var edit = Assert.Single(MemberConfigurationEdit.Plan(await ReadAsync(host, service), new() { InitialCluster = "cp1=https://10.0.0.1:2380,cp2=https://10.0.0.2:2380", InitialClusterState = "existing" }));

        Assert.Equal(KubeadmManifest
            .Replace("--initial-cluster=cp1=https://10.0.0.1:2380 # alone", "--initial-cluster=cp1=https://10.0.0.1:2380,cp2=https://10.0.0.2:2380 # alone", StringComparison.Ordinal)
            .Replace("    - --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt\n", "    - --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt\n    - --initial-cluster-state=existing\n", StringComparison.Ordinal),
            System.Text.Encoding.UTF8.GetString(edit.NewBytes));
    }

    [Fact]
    public async Task A_unit_is_never_changed_a_drop_in_states_its_command_anew()
    {
        var (host, service, _) = Make("flags");

        var edit = Assert.Single(MemberConfigurationEdit.Plan(await ReadAsync(host, service), new() { InitialClusterState = "existing", InitialClusterToken = "a b" }));

        Assert.Equal((DropIn, null, true), (edit.Path, edit.OldBytes, edit.NeedsReload));
        var lines = System.Text.Encoding.UTF8.GetString(edit.NewBytes).TrimEnd().Split('\n');
        Assert.Equal(["[Service]", "ExecStart="], lines[1..3]);
        Assert.Contains("--name m1", lines[3], StringComparison.Ordinal);
        Assert.Contains("--initial-cluster-state existing --force-new-cluster=false", lines[3], StringComparison.Ordinal);
        Assert.EndsWith(" \"--initial-cluster-token=a b\"", lines[3], StringComparison.Ordinal);
        Assert.Contains("\"--listen-client-urls=https://10.0.0.1:2379\"", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_restore_goes_on_from_the_first_ones_drop_in()
    {
        var host = new SetHost().With("/lib/systemd/system/etcd.service", DebianUnit);
        host.Apply(MemberConfigurationEdit.Plan(await ReadAsync(host, Systemd), new() { DataDirectory = "/one", InitialClusterToken = "100% $SURE" }));
        host.Apply(MemberConfigurationEdit.Plan(await ReadAsync(host, Systemd), new() { InitialClusterState = "existing" }));

        var read = await ReadAsync(host, Systemd);

        Assert.Equal(("/one", "100% $SURE", "existing"), (read.DataDirectory, read.InitialClusterToken, read.InitialClusterState));
        Assert.Equal(DropIn, read.Origins["data-dir"].Path);
    }

    [Fact]
    public async Task The_drop_in_comes_after_every_other_that_says_something_of_the_start()
    {
        var host = new SetHost().With(Unit, FlagsUnit).With("/etc/systemd/system/etcd.service.d/99-x.conf", "[Service]\nExecStart=\nExecStart=/usr/bin/etcd --name=m1 --data-dir=/d\n");

        var edit = Assert.Single(MemberConfigurationEdit.Plan(await ReadAsync(host, Systemd), new() { Name = "m2" }));
        host.Apply([edit]);

        Assert.EndsWith("/zz-drpowershell-restore.conf", edit.Path, StringComparison.Ordinal);
        Assert.Equal("m2", (await ReadAsync(host, Systemd)).Name);
        host.With("/etc/systemd/system/etcd.service.d/zzz.conf", "[Service]\nEnvironment=ETCD_X=y\n");
        await Assert.ThrowsAsync<MemberConfigurationNotReadableException>(() => ReadAsync(host, Systemd));
    }

    [Fact]
    public async Task Discovery_gives_way_to_a_cluster_that_is_named()
    {
        var host = new SetHost().With("/etc/etcd.env", "ETCD_DATA_DIR=/d\nETCD_DISCOVERY=https://discovery.etcd.io/x\nETCD_DISCOVERY_SRV=\"example.com\" \n");
        var section = new MemberSection { Configuration = "/etc/etcd.env" };

        host.Apply(MemberConfigurationEdit.Plan(await ReadAsync(host, Command, section), new() { InitialCluster = Cluster }));

        Assert.Equal($"ETCD_DATA_DIR=/d\nETCD_DISCOVERY=\nETCD_DISCOVERY_SRV=\"\" \nETCD_INITIAL_CLUSTER={Cluster}\n", host.Text("/etc/etcd.env"));
        var asked = await ReadAsync(host.With("/etc/etcd.env", "ETCD_DATA_DIR=/d\nETCD_DISCOVERY_ENDPOINTS=x\n"), Command, section);
        Assert.Throws<MemberConfigurationNotReadableException>(() => MemberConfigurationEdit.Plan(asked, new() { InitialCluster = Cluster }));
    }

    [Theory]
    [InlineData("name: >-\n  m1\ndata-dir: /d", 1)]
    [InlineData("name: a\n  b\ndata-dir: /d", 1)]
    [InlineData("data-dir: &d /d\nwal-dir: *d\nname: &n m1", 3)]
    [InlineData("x: &n m1\ndata-dir: /d\nname: *n", 3)]
    [InlineData("data-dir: /d\nname: !!str m1", 2)]
    [InlineData("data-dir: /d\nname: [m1]", 2)]
    [InlineData("data-dir: /d\nname: \"m\\\n  1\"", 2)]
    public async Task A_value_that_cannot_be_exchanged_with_certainty_is_refused_with_its_line(string text, int line)
    {
        var read = await ReadAsync(new SetHost().With("/c.yml", text), Command, new MemberSection { Configuration = "/c.yml" });

        Assert.Equal(line, Assert.Throws<MemberConfigurationNotReadableException>(() => MemberConfigurationEdit.Plan(read, new() { Name = "m2" })).Line);
    }

    [Theory]
    [InlineData("name: m1 ", "m2", "name: m2 ")]
    [InlineData("{name: m1}", "m2", "{name: m2}")]
    [InlineData("{\"name\": \"m1\", \"x\": 1}", "m\"2", "{\"name\": \"m\\\"2\", \"x\": 1}")]
    [InlineData("name: m1", "yes", "name: \"yes\"")]
    [InlineData("name: m1", "007", "name: \"007\"")]
    [InlineData("name: m1", "a b#c", "name: \"a b#c\"")]
    [InlineData("\uFEFFname: m1", "m2", "\uFEFFname: m2")]
    [InlineData("# nothing yet", "m2", "# nothing yet\nname: m2\n")]
    [InlineData("a: 1\r\nb: 2\r\n", "m2", "a: 1\r\nb: 2\r\nname: m2\r\n")]
    [InlineData("---\na: |\n  x\n...\n", "m2", "---\na: |\n  x\nname: m2\n...\n")]
    [InlineData("{a: 1}", "m2", "{ \"name\": \"m2\",a: 1}")]
    [InlineData("Name: 'm1' # x", "m2", "Name: 'm2' # x")]
    public async Task A_scalar_of_any_form_is_exchanged_in_its_own_form(string text, string name, string expected)
    {
        var section = new MemberSection { Configuration = "/c.yml", DataDirectory = "/d" };
        var host = new SetHost().With("/c.yml", text);

        host.Apply(MemberConfigurationEdit.Plan(await ReadAsync(host, Command, section), new() { Name = name }));

        Assert.Equal(expected, host.Text("/c.yml"));
        Assert.Equal(name, (await ReadAsync(host, Command, section)).Name);
    }

    [Fact]
    public async Task A_pods_data_directory_must_lie_on_one_of_its_volumes()
    {
        var (host, service, _) = Make("pod");
        var read = await ReadAsync(host, service);

        Assert.Throws<MemberConfigurationNotReadableException>(() => MemberConfigurationEdit.Plan(read, new() { DataDirectory = "/elsewhere" }));
        Assert.Empty(MemberConfigurationEdit.Plan(read, new() { DataDirectory = "/data/etcd/", InitialClusterState = "new", InitialClusterToken = "etcd-cluster" }));
    }

    [Fact]
    public async Task What_etcd_takes_as_the_same_is_no_change()
    {
        var (host, service, section) = Make("debian");
        var read = await ReadAsync(host, service, section);

        Assert.Empty(MemberConfigurationEdit.Plan(read, new()
        {
            InitialCluster = "m3=https://10.0.0.3:2380,m1=https://10.0.0.1:2380/,m2=https://10.0.0.2:2380",
            ListenClientUrls = [new Uri("https://127.0.0.1:2379"), new Uri("https://10.0.0.1:2379")],
            InitialClusterToken = "etcd-cluster",
        }));
    }

    private static (SetHost Host, ServiceOptions Service, MemberSection? Section) Make(string kind) => kind switch
    {
        "debian" => (new SetHost().With("/lib/systemd/system/etcd.service", DebianUnit).With("/etc/default/etcd", DebianDefaults), Systemd, null),
        "flags" => (new SetHost().With(Unit, FlagsUnit), Systemd, null),
        "shell" => (new SetHost().With(Unit, ShellUnit).With("/etc/etcd/etcd.conf", "NODE=m1\nDATA=/var/lib/etcd/m1.etcd\n"), Systemd, null),
        "config" => (new SetHost().With(Unit, "[Service]\nExecStart=/usr/bin/etcd --config-file /etc/etcd.yml\n").With("/etc/etcd.yml", ConfigFile), Systemd, null),
        "json" => (new SetHost().With("/etc/etcd.json", "{\n  \"name\": \"x\",\n  \"data-dir\": \"/d\", \"initial-cluster-state\": \"new\",\n  \"log-outputs\": [\"stderr\"]\n}\n"), Command, new MemberSection { Configuration = "/etc/etcd.json" }),
        "pod" => (new SetHost().With("/etc/kubernetes/manifests/etcd.yaml", KubeadmManifest), Pod, null),
        "flow-pod" => (new SetHost().With("/etc/kubernetes/manifests/etcd.yaml", """
            {"spec": {"containers": [{"name": "etcd", "env": [{"name": "ETCD_NAME", "value": "x"}], "command": ["/usr/local/bin/etcd",
              "--data-dir", "/d", "--quota-backend-bytes=1"], "volumeMounts": [{"name": "d", "mountPath": "/d"}]}],
              "volumes": [{"name": "d", "hostPath": {"path": "/srv/d"}}]}}
            """), Pod, null),
        "env" => (new SetHost().With("/srv/etcd.env", "# ours\nexport ETCD_NAME=x\nexport ETCD_DATA_DIR=\"/d\" # no comment to systemd\nETCD_INITIAL_CLUSTER_TOKEN='a b'"), Command, new MemberSection { Configuration = "/srv/etcd.env", DataDirectory = null }),
        "variables" => (new SetHost().With(Unit, "[Service]\nEnvironment=ETCD_NAME=x \"ETCD_DATA_DIR=/d\"\nEnvironment=ETCD_FORCE_NEW_CLUSTER=true\nExecStart=/usr/bin/etcd\n")
            .With("/etc/systemd/system/etcd.service.d/10-a.conf", "[Service]\nEnvironment=ETCD_HEARTBEAT_INTERVAL=7\n"), Systemd, null),
        "windows-breaks" => (new SetHost().With("/etc/etcd.yml", ConfigFile.ReplaceLineEndings("\r\n")), Command, new MemberSection { Configuration = "/etc/etcd.yml" }),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
