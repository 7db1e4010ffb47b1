using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Restores.Configuration;
using DrPowerShell.Core.Restores.Configuration.Errors;
using DrPowerShell.Core.Services;
using DrPowerShell.Core.Services.Errors;
using Xunit;
using static DrPowerShell.Core.Tests.Restores.Configuration.MemberTextSamples;

namespace DrPowerShell.Core.Tests.Restores.Configuration;

public sealed class MemberConfigurationReaderTests
{
    private const string Unit = "/etc/systemd/system/etcd.service";

    internal static ServiceOptions Systemd { get; } = new() { Name = "etcd", Host = "etcd-1" };

    internal static ServiceOptions Pod { get; } = new() { Name = "etcd", Host = "etcd-1", Kind = ServiceKind.StaticPod };

    internal static ServiceOptions Command { get; } = new() { Name = "etcd", Host = "etcd-1", Kind = ServiceKind.Command };

    internal static Task<MemberConfiguration> ReadAsync(SetHost host, ServiceOptions service, MemberSection? section = null) =>
        MemberConfigurationReader.ReadAsync(host, service, section, TestContext.Current.CancellationToken);

    [Fact]
    public async Task Debians_unit_and_its_file_of_variables_are_read_together()
    {
        var read = await ReadAsync(new SetHost().With("/lib/systemd/system/etcd.service", DebianUnit).With("/etc/default/etcd", DebianDefaults), Systemd);

        Assert.Equal(("m1", "/var/lib/etcd/default", "etcd"), (read.Name, read.DataDirectory, read.User));
        Assert.Equal(["https://10.0.0.1:2379/", "https://127.0.0.1:2379/"], read.ListenClientUrls.Select(url => url.ToString()));
        Assert.Equal("https://10.0.0.1:2380/", Assert.Single(read.ListenPeerUrls).ToString());
        Assert.Equal("m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380,m3=https://10.0.0.3:2380", read.InitialCluster);
        Assert.Equal("/etc/etcd/server.crt", read.ClientTls.Certificate);
        Assert.Equal("/etc/default/etcd:4", read.Origins["name"].ToString());
        Assert.Equal("/lib/systemd/system/etcd.service:11", read.Origins["data-dir"].ToString());
        Assert.DoesNotContain("initial-cluster-token", read.Origins);
    }

    [Fact]
    public async Task A_specifier_in_a_unit_stands_for_what_systemd_puts_there()
    {
        var read = await ReadAsync(new SetHost { HostName = "db7" }.With("/lib/systemd/system/etcd@a.service", DebianUnit.Replace("/default/%p", "/%p/%i.env", StringComparison.Ordinal))
            .With("/etc/etcd/a.env", "ETCD_DATA_DIR=/a"), Systemd with { Name = "etcd@a" });

        Assert.Equal(("db7", "/a"), (read.Name, read.DataDirectory));
    }

    [Fact]
    public async Task The_arguments_in_a_variable_count_as_flags()
    {
        var read = await ReadAsync(new SetHost().With("/lib/systemd/system/etcd.service", DebianUnit).With("/etc/default/etcd", "DAEMON_ARGS=\"--snapshot-count 5 --wal-dir=/wal\"\n"), Systemd);

        Assert.Equal("/wal", read.WalDirectory);
        Assert.Equal("5", read.Extra["snapshot-count"]);
    }

    [Fact]
    public async Task Flags_over_several_lines_with_quotes_and_comments_are_read()
    {
        var read = await ReadAsync(new SetHost().With(Unit, FlagsUnit), Systemd);

        Assert.Equal(("m1", "/var/lib/etcd", "new", true), (read.Name, read.DataDirectory, read.InitialClusterState, read.ForceNewCluster));
        Assert.Equal(("etcd", "etcd"), (read.User, read.Group));
        Assert.Equal("https://10.0.0.1:2379/", Assert.Single(read.AdvertiseClientUrls).ToString());
    }

    [Fact]
    public async Task A_drop_in_that_resets_the_command_puts_another_in_its_place()
    {
        var host = new SetHost().With(Unit, FlagsUnit)
            .With("/run/systemd/system/etcd.service.d/10-a.conf", "# a comment\n\n# /etc/systemd is a folder, this no file\n[Service]\nUser=other\nExecStart=\nExecStart=-/usr/bin/env nice -n 5 /opt/etcd/etcd --data-dir /data\n")
            .With("/etc/systemd/system/etcd.service.d/20-b.conf", "[Service]\nEnvironment=\"ETCD_NAME=m 9\" ETCD_WAL_DIR=/w\n");

        var read = await ReadAsync(host, Systemd);

        Assert.Equal(("m 9", "/data", "/w", "other"), (read.Name, read.DataDirectory, read.WalDirectory, read.User));
        Assert.Equal("/run/systemd/system/etcd.service.d/10-a.conf:7", read.Origins["data-dir"].ToString());
    }

    [Fact]
    public async Task A_shell_around_etcd_is_looked_through()
    {
        var read = await ReadAsync(new SetHost().With(Unit, ShellUnit).With("/etc/etcd/etcd.conf", "NODE=m1\nDATA=/var/lib/etcd/m1.etcd\n"), Systemd);

        Assert.Equal(("m1", "/var/lib/etcd/m1.etcd"), (read.Name, read.DataDirectory));
    }

    [Fact]
    public async Task A_relative_data_directory_begins_where_the_unit_starts_etcd()
    {
        Assert.Equal("/var/lib/etcd/default.etcd", (await ReadAsync(new SetHost().With(Unit, "[Service]\nWorkingDirectory=/var/lib/etcd/\nExecStart=/usr/bin/etcd --listen-metrics-urls=http://[::]:1\n"), Systemd)).DataDirectory);
    }

    [Fact]
    public async Task A_configuration_file_puts_flags_and_variables_out_of_force()
    {
        var host = new SetHost().With("/etc/etcd/etcd.yml", ConfigFile)
            .With(Unit, "[Service]\nEnvironment=ETCD_NAME=other ETCD_CONFIG_FILE=/none\nExecStart=/usr/bin/etcd --config-file /etc/etcd/etcd.yml --data-dir=/other\n");

        var read = await ReadAsync(host, Systemd);

        Assert.Equal(("default", "/var/lib/etcd", true), (read.Name, read.DataDirectory, read.ForceNewCluster));
        Assert.Equal("/etc/etcd/peer.crt", read.PeerTls.Certificate);
        Assert.Null(read.ClientTls.Certificate);
        Assert.Equal("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", read.Extra["cipher-suites"]);
        Assert.Equal("/etc/etcd/etcd.yml:7", read.Origins["data-dir"].ToString());
    }

    [Fact]
    public async Task The_variable_names_the_configuration_file_where_no_flag_does()
    {
        var host = new SetHost().With("/etc/etcd/etcd.yml", ConfigFile).With("/etc/default/etcd", "ETCD_CONFIG_FILE=/etc/etcd/etcd.yml").With("/lib/systemd/system/etcd.service", DebianUnit);

        Assert.Equal("/var/lib/etcd", (await ReadAsync(host, Systemd)).DataDirectory);
    }

    [Fact]
    public async Task A_pods_paths_are_those_of_the_host()
    {
        var read = await ReadAsync(new SetHost().With("/etc/kubernetes/manifests/etcd.yaml", KubeadmManifest), Pod);

        Assert.Equal(("cp1", "/data/etcd", "/srv/certs/etcd/server.crt"), (read.Name, read.DataDirectory, read.ClientTls.Certificate));
        Assert.Equal("cp1=https://10.0.0.1:2380", read.InitialCluster);
        Assert.Equal("/etc/kubernetes/manifests/etcd.yaml:18", read.Origins["data-dir"].ToString());
    }

    [Fact]
    public async Task A_stopped_pods_manifest_is_read_and_edited_where_it_is_kept()
    {
        var kept = StaticPodService.StoppedManifestOf(Pod);
        var read = await ReadAsync(new SetHost().With(kept, KubeadmManifest), Pod);

        Assert.Equal(kept, Assert.Single(MemberConfigurationEdit.Plan(read, new() { InitialClusterState = "existing" })).Path);
    }

    [Fact]
    public async Task A_pod_may_hold_its_configuration_in_a_file_of_the_host()
    {
        const string Manifest = """
            spec:
              containers:
              - {name: etcd, image: i, command: [etcd], args: ["--config-file=/etc/config/etcd.yml"], env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}],
                 volumeMounts: [{name: c, mountPath: /etc/config/}, {name: d, mountPath: /var/lib/etcd, subPath: x}]}
              volumes: [{name: c, hostPath: {path: /srv/config}}, {name: d, hostPath: {path: /srv/data/}}]
            """;
        var read = await ReadAsync(new SetHost().With("/etc/k/m.yaml", Manifest).With("/srv/config/etcd.yml", ConfigFile), Pod with { Manifest = "/etc/k/m.yaml" });

        Assert.Equal("/srv/data/x", read.DataDirectory);
    }

    [Fact]
    public async Task Where_nothing_is_written_the_running_process_tells()
    {
        var host = new SetHost();
        host.Processes.Add(new HostProcess(7, 1, "etcd", ["/usr/bin/etcd", "--data-dir", "data", "--name=m1"]));
        host.Processes.Add(new HostProcess(8, 1, "etcd", ["/usr/bin/etcdctl", "--x"]));
        host.Commands["readlink /proc/7/cwd"] = new HostCommandResult(0, "/srv\n", "");

        var read = await ReadAsync(host, Command);

        Assert.Equal(("m1", "/srv/data", "process 7"), (read.Name, read.DataDirectory, read.Origins["name"].ToString()));
        Assert.Throws<MemberConfigurationNotFoundException>(() => MemberConfigurationEdit.Plan(read, new() { Name = "m2" }));
        host.Processes.Add(new HostProcess(9, 1, "etcd", ["etcd", "--data-dir=/other"]));
        await Assert.ThrowsAsync<MemberConfigurationNotFoundException>(() => ReadAsync(host, Command));
        Assert.Equal("/other", (await ReadAsync(host, Command with { ProcessText = "/other" })).DataDirectory);
    }

    [Fact]
    public async Task Of_several_processes_the_units_own_tells()
    {
        var host = new SetHost().With(Unit, "[Service]\nExecStart=/opt/start-etcd.sh\n");
        host.Processes.Add(new HostProcess(7, 6, "etcd", ["etcd", "--data-dir=/a"]));
        host.Processes.Add(new HostProcess(8, 1, "etcd", ["etcd", "--data-dir=/b"]));
        host.Commands["systemctl show --property=MainPID --value -- etcd.service"] = new HostCommandResult(0, "6\n", "");

        Assert.Equal("/a", (await ReadAsync(host, Systemd)).DataDirectory);
    }

    [Fact]
    public async Task What_the_estate_says_comes_first()
    {
        var section = new MemberSection { DataDirectory = "/mine/", ClientUrls = [new Uri("https://c:1")], PeerUrls = [new Uri("https://p:2")], Owner = "me", Configuration = "/srv/etcd.env" };
        var host = new SetHost().With(Unit, "[Service]\nExecStart=/usr/bin/docker run etcd\n").With("/srv/etcd.env", "# x\nexport ETCD_NAME=m7\nETCD_DATA_DIR=/inner\n");

        var read = await ReadAsync(host, Systemd, section);

        Assert.Equal(("m7", "/mine", "me"), (read.Name, read.DataDirectory, read.User));
        Assert.Equal((section.ClientUrls, section.PeerUrls), (read.AdvertiseClientUrls, read.AdvertisePeerUrls));
    }

    [Theory]
    [InlineData("[Service]\nExecStart=/usr/bin/docker run etcd --data-dir=/x", 2, "container")]
    [InlineData("[Service]\nExecStart=/bin/sh -c 'a; etcd --data-dir=/x'", 2, "more than one plain command")]
    [InlineData("[Service]\nExecStart=/usr/bin/etcd \"--data-dir=/x", 2, "not closed")]
    [InlineData("[Service]\nUser=etcd\n\nExecStart=/usr/bin/etcd --name %f", 4, "specifier")]
    [InlineData("[Service]\nExecStart=/usr/bin/etcd\nExecStart=/usr/bin/etcd", 3, "second ExecStart=")]
    [InlineData("[Service]\nExecStart=@/usr/bin/etcd etcd --data-dir=/x", 2, "prefix")]
    [InlineData("[Service]\nRootDirectory=/chroot\nExecStart=/usr/bin/etcd", 2, "root directory")]
    [InlineData("[Service]\nEnvironmentFile=/none\nExecStart=/usr/bin/etcd", 2, "/none")]
    [InlineData("[Service]\nExecStart=/usr/bin/etcd --listen-peer-urls=nonsense", 2, "no URL")]
    public async Task What_cannot_be_told_from_a_unit_is_refused_with_its_line(string unit, int line, string reason)
    {
        var error = await Assert.ThrowsAsync<MemberConfigurationNotReadableException>(() => ReadAsync(new SetHost().With(Unit, unit), Systemd));

        Assert.Equal(line, error.Line);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
        Assert.Contains($"{Unit}({line})", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kind: Pod", 1, "no spec")]
    [InlineData("spec:\n  containers:\n  - name: etcd\n    command: [sh, -c, 'exec etcd --data-dir=/var/lib/etcd']", 3, "does not call etcd itself")]
    [InlineData("spec:\n  containers:\n  - name: other\n    command: [sleep]", 2, "none of its containers")]
    [InlineData("spec:\n  containers:\n  - name: etcd\n    command:\n    - etcd\n    - --data-dir=/x", 6, "no volume")]
    [InlineData("spec:\n- [", 3, "")]
    public async Task What_cannot_be_told_from_a_manifest_is_refused_with_its_line(string manifest, int line, string reason)
    {
        var error = await Assert.ThrowsAsync<MemberConfigurationNotReadableException>(() => ReadAsync(new SetHost().With("/etc/kubernetes/manifests/etcd.yaml", manifest), Pod));

        Assert.Equal(line, error.Line);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_unit_that_is_not_there_is_told()
    {
        await Assert.ThrowsAsync<ServiceNotFoundException>(() => ReadAsync(new SetHost(), Systemd));
        await Assert.ThrowsAsync<MemberConfigurationNotFoundException>(() => ReadAsync(new SetHost(), Command));
    }

    [Fact]
    public async Task A_systemd_that_does_not_answer_is_not_taken_for_one_without_the_unit()
    {
        var error = await Assert.ThrowsAsync<ServiceCommandFailedException>(() => ReadAsync(new SetHost { SystemdProblem = "Failed to connect to bus: Host is down\n" }, Systemd));

        Assert.Equal("etcd on etcd-1 could not be looked up: Failed to connect to bus: Host is down.", error.Message);
        Assert.Contains("systemctl cat etcd.service", error.RecommendedAction!, StringComparison.Ordinal);
    }
}
