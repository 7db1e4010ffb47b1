using System.Runtime.Versioning;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>Restores on a real file system that shares extents.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RestoreReflinkTests : IAsyncLifetime
{
    private readonly TempFolder _temp = new("reflink");

    private string Mount => _temp["xfs"];

    public async ValueTask InitializeAsync()
    {
        TmpfsMount.RequireRoot();
        await ServiceAsync("start");
    }

    public async ValueTask DisposeAsync()
    {
        if (Directory.Exists(Mount))
        {
            await ServiceAsync("stop");
        }

        _temp.Dispose();
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 1000)]
    [InlineData(true, 0)]
    [InlineData(true, 1000)]
    public async Task Members_share_the_extents_of_one_database_and_each_is_complete(bool compact, long bump)
    {
        var snapshot = Path.Combine(Mount, "golden.db");
        File.Copy(RestorePlans.Golden, snapshot);
        var options = RestorePlans.Options(RestorePlans.ThreeMembers, Path.Combine(Mount, "{member}.etcd")) with { Compact = compact, RevisionBump = bump };
        await RestorePlans.RestoreAsync(snapshot, options);
        foreach (var target in options.Targets)
        {
            await RestorePlans.AssertCompleteAsync(target.DataDirectory, options);
            var map = await Command.RunAsync("filefrag", ["-v", RestorePlans.DatabaseOf(target.DataDirectory)]);
            map.ThrowIfFailed();
            Assert.Contains("shared", map.Output, StringComparison.Ordinal);
        }

        var databases = options.Targets.Select(t => File.ReadAllBytes(RestorePlans.DatabaseOf(t.DataDirectory))).ToList();
        Assert.All(databases, database => Assert.Equal(databases[0], database));
        Assert.Equal(File.ReadAllBytes(RestorePlans.Golden), File.ReadAllBytes(snapshot));
    }

    private async Task ServiceAsync(string act) =>
        (await Command.RunAsync(
            Path.Combine(RepositoryPaths.ServiceScripts, "reflink.sh"),
            [act, Mount],
            new Dictionary<string, string?> { ["DR_INSTALL"] = "1" },
            timeout: TimeSpan.FromMinutes(5))).ThrowIfFailed();
}
