using System.Globalization;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Tests.Restores;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Restores;

/// <summary>A control plane as kubeadm makes it: etcd from a manifest that a kubelet watches, and an API server that writes to it.</summary>
[Collection(FleetCollection.Name)]
public sealed class StaticPodRestoreTests
{
    // Runs the command of the manifest for as long as the manifest is there, and starts it again where it ends.
    private const string Kubelet = """
        #!/bin/sh
        pid=
        trap '[ -z "$pid" ] || kill -9 $pid; exit 0' TERM
        while :; do
          if [ -f "$1" ]; then
            if [ -z "$pid" ] || ! kill -0 $pid 2>/dev/null; then
              "$2" $(sed -n 's/^    - --/--/p' "$1") >>"$3" 2>&1 </dev/null &
              pid=$!
            fi
          elif [ -n "$pid" ]; then
            kill $pid; wait $pid; pid=
          fi
          sleep 0.1
        done
        """;

    // A process that nobody has waited for yet is no process any more.
    private const string Lives = "[ -d /proc/$p ] && ! grep -q '^State:.*Z' /proc/$p/status";

    // Writes a key with every turn.
    private const string ApiServer = """
        #!/bin/sh
        n=0
        while :; do n=$((n+1)); ETCDCTL_API=3 "$1" --endpoints="$2" put "/registry/$$/$n" x >/dev/null 2>&1; sleep 0.2; done
        """;

    [Fact]
    public async Task The_api_server_is_stopped_the_manifest_moved_out_and_back_and_both_run_on_the_restored_data()
    {
        await using var rig = new RestoreRig(Cluster());
        var cluster = rig.Cluster;
        Write(cluster, out var manifest);
        await cluster.StartAsync();
        await SwitchAsync(cluster, "start");
        (await cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        (await cluster.EtcdctlAsync("snapshot", "save", cluster["s.db"])).ThrowIfFailed();
        (await cluster.EtcdctlAsync("put", "/b", "two")).ThrowIfFailed();

        try
        {
            var run = await rig.RestoreAsync(new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(cluster["s.db"]), AcceptDataLoss = TimeSpan.FromHours(1) });

            Assert.Equal(RunResult.Healthy, run.Result);
            Assert.NotNull(run.PointOfNoReturn);
            Assert.DoesNotContain(run.Findings, finding => finding.Code == "WritersNotNamed");
            Assert.Contains("one", (await cluster.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
            Assert.Equal("", (await cluster.EtcdctlAsync("get", "/b")).ThrowIfFailed().Output);
            Assert.True(new FileInfo(Path.Combine(rig.Runs, run.Id, "last-m1.db")).Length > 0);
            var text = File.ReadAllText(manifest);
            Assert.Contains("--initial-cluster-state=existing", text, StringComparison.Ordinal);
            Assert.Contains("# by hand: keep me", text, StringComparison.Ordinal);
            var writer = File.ReadAllText(cluster["api.pid"]).Trim();
            await Eventually.IsTrueAsync(
                async () => (await cluster.EtcdctlAsync("get", $"/registry/{writer}/", "--prefix", "--keys-only")).Output.Contains("/registry/", StringComparison.Ordinal), "the API server writes again");
        }
        finally
        {
            await SwitchAsync(cluster, "stop");
        }
    }

    private static ServiceCluster Cluster()
    {
        ServiceCluster? made = null;
        return made = new ServiceCluster(EtcdBinaries.V35, 1) { Service = _ => $"service:\n  type: static-pod\n  name: etcd\n  manifest: {made!["m1", "manifests", "etcd.yaml"]}" };
    }

    private static async Task SwitchAsync(ServiceCluster cluster, string act) => (await Command.RunAsync("/bin/sh", [cluster[$"api-{act}.sh"]])).ThrowIfFailed();

    private static void Write(ServiceCluster cluster, out string manifest)
    {
        var member = cluster.Plan.Members[0];
        var (client, peer, data) = (EtcdClusterPlan.Text(member.ClientUrl), EtcdClusterPlan.Text(member.PeerUrl), cluster.Data("m1"));
        manifest = cluster["m1", "manifests", "etcd.yaml"];
        Directory.CreateDirectory(cluster["m1", "manifests"]);
        File.WriteAllText(manifest, $"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: etcd
              namespace: kube-system
            spec:
              containers:
              - command:
                - etcd
                - --name=m1
                - --data-dir={data}
                - --listen-client-urls={client}
                - --advertise-client-urls={client}
                - --listen-peer-urls={peer}
                - --initial-advertise-peer-urls={peer}
                - --initial-cluster=m1={peer}
                # by hand: keep me
                image: registry.k8s.io/etcd:3.5
                name: etcd
                volumeMounts:
                - mountPath: {data}
                  name: etcd-data
              hostNetwork: true
              volumes:
              - hostPath:
                  path: {data}
                  type: DirectoryOrCreate
                name: etcd-data

            """.ReplaceLineEndings("\n"));
        File.WriteAllText(cluster["kubelet.sh"], Kubelet.ReplaceLineEndings("\n"));
        File.WriteAllText(cluster["api.sh"], ApiServer.ReplaceLineEndings("\n"));
        Script("m1/start.sh", Started(cluster["kubelet.pid"], $"/bin/sh {cluster["kubelet.sh"]} {manifest} {cluster.Release.Etcd} {cluster["m1", "run", "etcd.log"]}"));
        Script("m1/kill.sh", Ended(cluster["kubelet.pid"]));
        Script("api-start.sh", Started(cluster["api.pid"], $"/bin/sh {cluster["api.sh"]} {cluster.Release.Etcdctl} {client}"));
        Script("api-stop.sh", Ended(cluster["api.pid"]));
        Script("api-status.sh", $"p=$(cat {cluster["api.pid"]} 2>/dev/null) && {Lives}");
        cluster.More = string.Create(CultureInfo.InvariantCulture, $"""
            writers:
              - name: kube-apiserver
                type: command
                hosts: [m1-host]
                start: /bin/sh {cluster["api-start.sh"]}
                stop: /bin/sh {cluster["api-stop.sh"]}
                status: /bin/sh {cluster["api-status.sh"]}
            """);
        void Script(string name, string body) => File.WriteAllText(cluster[name], "#!/bin/sh\n" + body + "\n");
    }

    private static string Started(string pid, string line) => $"setsid {line} >/dev/null 2>&1 </dev/null &\necho $! >{pid}.new && mv {pid}.new {pid}";

    private static string Ended(string pid) =>
        $"p=$(cat {pid} 2>/dev/null) || exit 0\nkill $p 2>/dev/null\nn=0; while {Lives}; do n=$((n+1)); [ $n -gt 100 ] && exit 1; sleep 0.1; done\nrm -f {pid}";
}
