using System.Management.Automation;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;

namespace DrPowerShell.Module.Tests.Restores;

/// <summary>A served cluster with estate, plan file and PowerShell session; all of it in the cluster's own folder.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class RestoreScene : IAsyncDisposable
{
    private readonly IAsyncDisposable _owner;

    private RestoreScene(ServiceCluster cluster, IAsyncDisposable owner) => (Cluster, _owner) = (cluster, owner);

    public ServiceCluster Cluster { get; }

    public ModuleSession Session { get; } = new();

    public string this[params string[] names] => Cluster[names];

    /// <summary>Starts a cluster with one key, /a = one, and takes a snapshot of it: s.db.</summary>
    public static Task<RestoreScene> StartAsync(int members) => StartAsync(new ServiceCluster(EtcdBinaries.V35, members));

    public static Task<RestoreScene> StartAsync(ServiceCluster cluster) => StartAsync(new RestoreScene(cluster, cluster));

    /// <summary>The same with a cluster whose members live on a host each.</summary>
    public static Task<RestoreScene> StartAsync(Fleet fleet) => StartAsync(new RestoreScene(fleet.Cluster, fleet));

    private static async Task<RestoreScene> StartAsync(RestoreScene scene)
    {
        await scene.Cluster.StartAsync();
        (await scene.Cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        (await scene.Cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(scene.Cluster.Plan.Members[0].ClientUrl), "snapshot", "save", scene["s.db"])).ThrowIfFailed();
        scene.Session.Run(
            "$PSDefaultParameterValues = @{ '*:Estate' = $estate; '*:JournalDirectory' = $runs; '*:WorkDirectory' = $work }",
            ("estate", scene.Cluster.WriteEstate()), ("runs", scene["runs"]), ("work", Directory.CreateDirectory(scene["work"]).FullName)).Succeed();
        return scene;
    }

    /// <summary>Writes a file that only this user may write, as plans and estates must be.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        File.SetUnixFileMode(this[name], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return this[name];
    }

    /// <summary>Makes key pairs NAME.key and NAME.pub.</summary>
    public void WriteKeys(params string[] names)
    {
        foreach (var name in names)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            File.WriteAllText(this[name + ".key"], key.ExportECPrivateKeyPem());
            File.WriteAllText(this[name + ".pub"], key.ExportSubjectPublicKeyInfoPem());
        }
    }

    public SessionResult Run(string script) => Session.Run(script, ("f", Cluster.Folder));

    /// <summary>Everything of members, configuration, state and work folders: path, size, time of the last change, and what files hold. Logs and what the test itself writes are left out.</summary>
    public IReadOnlyList<string> Tree()
    {
        List<string> lines = [];
        foreach (var folder in Cluster.Plan.Members.Select(member => this[member.Name]).Concat([this["runs"], this["work"]]).Where(Directory.Exists))
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Append(folder).Where(path => !path.EndsWith("etcd.log", StringComparison.Ordinal)))
            {
                // What is put into the work folder and removed again changes the time of that folder alone.
                var time = path == this["work"] ? "" : File.GetLastWriteTimeUtc(path).ToString("O", System.Globalization.CultureInfo.InvariantCulture);
                lines.Add($"{path} {time} {(File.Exists(path) ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))) : "")} {File.GetUnixFileMode(path)}");
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    public async ValueTask DisposeAsync()
    {
        Session.Dispose();
        await _owner.DisposeAsync();
    }
}
