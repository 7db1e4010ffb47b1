using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Core.Tests.Restores;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Restores;

/// <summary>
/// Three hosts behind SSH, reached by an ordinary user with sudo. The data directory of m1 is a file system of its own, mounted there, and belongs to
/// a user and a group that nobody else has.
/// </summary>
public sealed class MountedFleet : StandingFleet
{
    // Room for the old data, the new, and what an assessment asks for beside.
    private const string Size = "900m";

    public string Mount => Cluster.Data("m1");

    protected override FleetKind Kind => FleetKind.Sudo;

    /// <summary>Leaves that much room on the mount.</summary>
    public async Task FillAsync(long left)
    {
        var free = new DriveInfo(Mount).AvailableFreeSpace;
        (await Command.RunAsync("fallocate", ["-l", (free - left).ToString(System.Globalization.CultureInfo.InvariantCulture), Path.Combine(Mount, "filler")])).ThrowIfFailed();
    }

    public void Empty() => File.Delete(Path.Combine(Mount, "filler"));

    public override async ValueTask DisposeAsync()
    {
        if (Fleet is not null)
        {
            await Cluster.KillAsync();
            (await Command.RunAsync("umount", ["-l", Mount])).ThrowIfFailed();
        }

        await base.DisposeAsync();
    }

    protected override async Task PrepareAsync() =>
        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={Size},mode=0700,uid=daemon,gid=games", "tmpfs", Mount])).ThrowIfFailed();
}

/// <summary>Mount points, full file systems, other owners and hosts that hang: each ends well or is undone, and nothing is lost.</summary>
[Collection(FleetCollection.Name)]
public sealed class FleetHazardTests(MountedFleet fleet) : IClassFixture<MountedFleet>
{
    private ServiceCluster Cluster => fleet.Cluster;

    [Fact]
    public async Task What_is_in_a_mount_point_is_exchanged_and_a_host_that_hangs_in_the_middle_is_asked_again()
    {
        await fleet.StartAsync();
        var owners = await OwnersAsync();
        var world = new HastyWorld(fleet.Rig, TimeSpan.FromSeconds(8));
        await using var end = world;
        var plan = await fleet.Rig.AssessAsync(fleet.FromSnapshot);
        Assert.Equal([true, false, false], plan.Members.Select(member => member.IsMountPoint));

        // All that runs in sessions of m2 stands still in the midst of the upload, and never goes on.
        var hang = new StepWatch("place-m2", async () => await fleet.Fleet.Server("m2").SignalSessionsAsync("STOP"));
        var run = await RunAsync(plan, world, hang);

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.True(run.Steps.Single(step => step.Id == "place-m2").Attempts > 1);
        Assert.Equal(owners, await OwnersAsync());
        foreach (var member in plan.Members)
        {
            Assert.Equal(Noted(run, member.Name), await DigestsAsync(member.Parked(run.Id)));
        }

        Assert.Equal(["member", $"member.parked-{run.Id}"], Directory.EnumerateFileSystemEntries(fleet.Mount).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        await fleet.AssertServesAsync();
    }

    [Fact]
    public async Task A_file_system_without_room_is_refused_before_anything_is_changed()
    {
        await fleet.StartAsync();
        await fleet.FillAsync(left: 100 << 20);
        try
        {
            var (pids, trees, hashes) = (Pids(), await TreesAsync(), await HashesAsync());

            var refused = await Assert.ThrowsAsync<HostSpaceMissingException>(() => fleet.Rig.RestoreAsync(fleet.FromSnapshot));

            Assert.Contains("m1-host", refused.Message, StringComparison.Ordinal);
            Assert.Equal(pids, Pids());
            Assert.Equal(trees, await TreesAsync());
            Assert.Equal(hashes, await HashesAsync());
        }
        finally
        {
            fleet.Empty();
        }

        await fleet.AssertServesAsync();
    }

    [Fact]
    public async Task A_file_system_that_fills_up_during_the_upload_is_left_as_it_was_and_the_old_cluster_serves_again()
    {
        await fleet.StartAsync();
        var hashes = await HashesAsync();
        try
        {
            var undone = await Assert.ThrowsAsync<RunUndoneException>(() => fleet.Rig.RestoreAsync(fleet.FromSnapshot, new StepWatch("place-m1", () => fleet.FillAsync(left: 8 << 20))));

            var full = undone.Run.Steps.Single(step => step.Id == "place-m1");
            Assert.Equal(("HostDiskFull", 1), (full.ErrorId, full.Attempts));
            Assert.Contains("on m1-host is full", full.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(
                Cluster.Plan.Members.SelectMany(member => Directory.EnumerateFileSystemEntries(Cluster[member.Name], "*", SearchOption.AllDirectories)),
                path => path.Contains(undone.Run.Id, StringComparison.Ordinal));
        }
        finally
        {
            fleet.Empty();
        }

        await fleet.AssertServesAsync();
        Assert.Equal(hashes, await HashesAsync());
    }

    private static async Task<string> DigestsAsync(string folder) =>
        (await Command.RunAsync("/bin/sh", ["-c", "cd \"$1\" && find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2", "digests", folder])).ThrowIfFailed().Output;

    // What the run found in the old data once nothing wrote to it any more.
    private static string Noted(RecoveryRun run, string member) => string.Concat(run.Facts[$"note-{member}.files"].EnumerateObject()
        .OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Value.GetString()}  ./{file.Name}\n"));

    // Each member's HashKV, with its revision.
    private async Task<string> HashesAsync() => (await Cluster.EtcdctlAsync("endpoint", "hashkv", "--write-out=simple")).ThrowIfFailed().Output;

    private async Task<string> OwnersAsync() => string.Join('\n', await Task.WhenAll(Cluster.Plan.Members.Select(member => fleet.Fleet.AttributesAsync(member.Name))));

    private async Task<string> TreesAsync() => string.Join('\n', await Task.WhenAll(Cluster.Plan.Members.Select(member => fleet.Fleet.TreeAsync(member.Name))));

    private string Pids() => string.Join(' ', Cluster.Plan.Members.Select(member => File.ReadAllText(Cluster[member.Name, "run", "pid"])));

    private Task<RecoveryRun> RunAsync(RestorePlan plan, HastyWorld world, IRunObserver observer) =>
        fleet.Rig.Session(observer).RunAsync(Core.Journal.RunFolder.NewId("restore", DateTimeOffset.UtcNow), new RestoreRunbook(plan, world).Create(), RestoreRig.Token);
}
