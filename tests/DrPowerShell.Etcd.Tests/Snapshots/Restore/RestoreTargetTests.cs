using System.Runtime.Versioning;
using DrPowerShell.CrashHost;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>Where a restore goes, what it refuses to touch, and whose its files are.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RestoreTargetTests : IDisposable
{
    private readonly TempFolder _temp = new("target");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_directory_with_anything_in_it_is_refused_and_not_touched()
    {
        Directory.CreateDirectory(_temp["data"]);
        foreach (var name in new[] { "file", ".hidden", "lost+found", "member" })
        {
            await File.WriteAllTextAsync(_temp["data", name], "kept");
            var before = File.GetLastWriteTimeUtc(_temp["data"]);
            var error = await Assert.ThrowsAsync<DataDirectoryNotEmptyException>(() => RestoreAsync(_temp["data"]));
            Assert.Equal(_temp["data"], error.Subject);
            Assert.Equal(["data", $"data/{name}"], _temp.List());
            Assert.Equal(before, File.GetLastWriteTimeUtc(_temp["data"]));
            File.Delete(_temp["data", name]);
        }
    }

    [Fact]
    public async Task A_target_that_is_a_file_a_dangling_link_or_the_root_is_refused()
    {
        await File.WriteAllTextAsync(_temp["file"], "kept");
        await Assert.ThrowsAsync<DataDirectoryNotEmptyException>(() => RestoreAsync(_temp["file"]));
        await Assert.ThrowsAsync<TargetWriteFailedException>(() => RestoreAsync(_temp["file", "below"]));
        File.CreateSymbolicLink(_temp["link"], _temp["nowhere"]);
        await Assert.ThrowsAsync<RestoreTargetInvalidException>(() => RestoreAsync(_temp["link"]));
        await Assert.ThrowsAsync<RestoreTargetInvalidException>(() => RestoreAsync("/"));
        Assert.Equal(["file", "link"], _temp.List());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Databases_that_are_linked_are_one_file_and_the_same_as_three(bool compact)
    {
        var linked = RestorePlans.Options(RestorePlans.ThreeMembers, _temp["{member}"]) with { Compact = compact, LinksDatabases = true };
        var apart = RestorePlans.Options(RestorePlans.ThreeMembers, _temp["{member}-apart"]) with { Compact = compact };
        await RestorePlans.RestoreAsync(RestorePlans.Golden, linked);
        await RestorePlans.RestoreAsync(RestorePlans.Golden, apart);
        foreach (var (one, other) in linked.Targets.Zip(apart.Targets))
        {
            await RestorePlans.AssertCompleteAsync(one.DataDirectory, linked);
            Assert.Equal(File.ReadAllBytes(RestorePlans.DatabaseOf(other.DataDirectory)), File.ReadAllBytes(RestorePlans.DatabaseOf(one.DataDirectory)));
        }

        var files = await Command.RunAsync("stat", ["-c", "%i %h", .. linked.Targets.Select(t => RestorePlans.DatabaseOf(t.DataDirectory))]);
        Assert.EndsWith(" 3", Assert.Single(files.ThrowIfFailed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct()));
    }

    [Fact]
    public async Task The_same_directory_for_two_members_is_refused_however_it_is_spelled()
    {
        var topology = ClusterTopology.Parse(RestorePlans.ThreeMembers);
        Directory.CreateDirectory(_temp["real"]);
        Directory.CreateSymbolicLink(_temp["alias"], _temp["real"]);
        foreach (var (one, two) in new[]
        {
            (_temp["data"], _temp["data"]), (_temp["data"], _temp["data"] + "/"), (_temp["data"], _temp["x", "..", "data"]), (_temp["real", "d"], _temp["alias", "d"]),
        })
        {
            var options = new RestoreOptions { Topology = topology, Targets = [new("m1", one), new("m2", two)] };
            await Assert.ThrowsAsync<RestoreTargetInvalidException>(() => RestorePlans.RestoreAsync(RestorePlans.Golden, options));
        }

        await Assert.ThrowsAsync<RestoreTargetInvalidException>(() => RestorePlans.RestoreAsync(RestorePlans.Golden, new RestoreOptions { Topology = topology, Targets = [] }));
        await Assert.ThrowsAsync<InitialClusterInvalidException>(() =>
            RestorePlans.RestoreAsync(RestorePlans.Golden, new RestoreOptions { Topology = topology, Targets = [new("m9", _temp["data"])] }));
        Assert.Equal(["alias", "real"], _temp.List());
    }

    [Fact]
    public async Task A_link_to_an_empty_directory_stays_a_link()
    {
        Directory.CreateDirectory(_temp["real"]);
        Directory.CreateSymbolicLink(_temp["link"], _temp["real"]);
        await RestoreAsync(_temp["link"]);
        Assert.Equal(_temp["real"], new FileInfo(_temp["link"]).LinkTarget);
        await RestorePlans.AssertCompleteAsync(_temp["real"], RestorePlans.Options(RestorePlans.OneMember, _temp["real"]));
    }

    [Fact]
    public async Task One_member_of_three_can_be_restored_alone()
    {
        var all = RestorePlans.Options(RestorePlans.ThreeMembers, _temp["{member}"]);
        var options = all with { Targets = [new RestoreTarget("m2", _temp["m2"])] };
        await RestorePlans.RestoreAsync(RestorePlans.Golden, options);
        await RestorePlans.AssertCompleteAsync(_temp["m2"], options);
        Assert.Equal(["m2"], Directory.EnumerateFileSystemEntries(_temp.FullName).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_new_data_directory_is_for_its_owner_alone()
    {
        await RestoreAsync(_temp["data"]);
        await AssertModesAsync(_temp["data"], "700");
    }

    [Fact]
    public async Task Owner_group_mode_and_label_of_the_directory_that_was_there_are_kept()
    {
        TmpfsMount.RequireRoot();
        Directory.CreateDirectory(_temp["data"]);
        LinuxFileSystem.SetOwner(_temp["data"], 1234, 2345);
        File.SetUnixFileMode(_temp["data"], (UnixFileMode)Convert.ToInt32("2750", 8));
        var label = "system_u:object_r:etcd_var_lib_t:s0\0"u8.ToArray();
        LinuxFileSystem.SetLabel(_temp["data"], label);
        Assert.Equal(label, LinuxFileSystem.LabelOf(_temp["data"]));

        await RestoreAsync(_temp["data"]);
        await AssertModesAsync(_temp["data"], "2750", "1234:2345");
        Assert.All(Directory.EnumerateFileSystemEntries(_temp["data"], "*", SearchOption.AllDirectories).Append(_temp["data"]), path =>
            Assert.Equal(label, LinuxFileSystem.LabelOf(path)));
    }

    [Fact]
    public async Task Owner_group_and_mode_that_are_asked_for_win()
    {
        TmpfsMount.RequireRoot();
        Directory.CreateDirectory(_temp["data"]);
        LinuxFileSystem.SetOwner(_temp["data"], 1234, 2345);
        File.SetUnixFileMode(_temp["data"], (UnixFileMode)Convert.ToInt32("755", 8));
        await RestoreAsync(_temp["data"], o => o with { Ownership = FileOwnership.Parse("77", null, "0710", "system_u:object_r:asked_t:s0") });
        Assert.Equal("system_u:object_r:asked_t:s0\0"u8.ToArray(), LinuxFileSystem.LabelOf(RestorePlans.DatabaseOf(_temp["data"])));
        await AssertModesAsync(_temp["data"], "710", "77:2345");

        await RestoreAsync(_temp["new", "data"], o => o with { Ownership = FileOwnership.Parse("nobody", "daemon") });
        Assert.Equal("nobody:daemon 700", await StatAsync("%U:%G %a", _temp["new", "data"]));
        Assert.Throws<UserNotFoundException>(() => FileOwnership.Parse("no-such-user-here", null));
    }

    [Fact]
    public async Task A_mount_point_is_filled_in_place_beside_lost_and_found()
    {
        var options = RestorePlans.Options(RestorePlans.OneMember, _temp["disk"]);
        await using var disk = await TmpfsMount.CreateAsync(_temp["disk"], "size=16m,mode=0751,uid=55");
        Directory.CreateDirectory(_temp["disk", "lost+found"]);
        // What a killed restore left, and no other file.
        Directory.CreateDirectory(_temp["disk", ".disk.drps-00000000", "data", "member"]);
        Directory.CreateSymbolicLink(_temp["alias"], _temp.FullName);

        // Also where the path leads through a link, so that it is not spelled as the mount is.
        await RestoreAsync(_temp["alias", "disk"]);
        await RestorePlans.AssertCompleteAsync(_temp["disk"], options);
        Assert.Empty(RestorePlans.StagesIn(_temp["disk"]));
        await AssertModesAsync(_temp["disk"], "751", "55:0");
        Directory.Delete(_temp["disk", "member"], recursive: true);

        // etcd must be able to write into the mount point itself.
        await RestoreAsync(_temp["disk"], o => o with { Ownership = FileOwnership.Parse("77", "78", "700", "system_u:object_r:asked_t:s0"), Compact = true });
        await AssertModesAsync(_temp["disk"], "700", "77:78");
        Assert.Equal("system_u:object_r:asked_t:s0\0"u8.ToArray(), LinuxFileSystem.LabelOf(_temp["disk"]));
        Directory.Delete(_temp["disk", "member"], recursive: true);

        await File.WriteAllTextAsync(_temp["disk", "other"], "kept");
        await Assert.ThrowsAsync<DataDirectoryNotEmptyException>(() => RestoreAsync(_temp["disk"]));
        Assert.Equal(["lost+found", "other"], Directory.EnumerateFileSystemEntries(_temp["disk"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Of_two_restores_into_one_target_the_first_to_finish_wins_and_neither_disturbs_the_other()
    {
        var options = RestorePlans.Options(RestorePlans.OneMember, _temp["data"]);
        var second = Task.CompletedTask;
        var files = new SteppedFiles((_, what) =>
        {
            if (what.StartsWith("RenameFolder", StringComparison.Ordinal))
            {
                // A whole other restore, while this one is about to publish: it must leave this one's folder alone.
                second = RestorePlans.RestoreAsync(RestorePlans.Golden, options);
                second.Wait(TimeSpan.FromSeconds(30));
                Assert.Single(RestorePlans.StagesIn(_temp.FullName));
            }
        });
        var error = await Assert.ThrowsAsync<DataDirectoryNotEmptyException>(() => RestorePlans.RestoreAsync(RestorePlans.Golden, options, files));
        Assert.Equal(_temp["data"], error.Subject);
        await second;
        await RestorePlans.AssertCompleteAsync(_temp["data"], options);
        Assert.Empty(RestorePlans.StagesIn(_temp.FullName));
    }

    [Fact]
    public async Task A_pipe_is_refused_at_once()
    {
        (await Command.RunAsync("mkfifo", [_temp["pipe"]])).ThrowIfFailed();
        var error = Assert.Throws<SnapshotReadFailedException>(() => FileByteSource.Open(_temp["pipe"]));
        Assert.Equal(_temp["pipe"], error.Subject);
    }

    [Fact]
    public async Task A_directory_whose_parent_cannot_be_written_is_filled_in_place()
    {
        TmpfsMount.RequireRoot();
        Directory.CreateDirectory(_temp["lib", "etcd"]);
        // Immutable: not even root may make a name in it.
        var locked = await Command.RunAsync("chattr", ["+i", _temp["lib"]]);
        Assert.SkipUnless(locked.ExitCode == 0, "The file system of the temporary folder knows no immutable folders.");
        try
        {
            await RestoreAsync(_temp["lib", "etcd"]);
            await RestorePlans.AssertCompleteAsync(_temp["lib", "etcd"], RestorePlans.Options(RestorePlans.OneMember, _temp["lib", "etcd"]));
        }
        finally
        {
            (await Command.RunAsync("chattr", ["-i", _temp["lib"]])).ThrowIfFailed();
        }
    }

    [Fact]
    public async Task Leftovers_of_the_same_target_go_and_those_of_others_stay()
    {
        foreach (var name in new[] { ".data.drps-AAAAAAAA", ".data.drps-BBBBBBBB", ".other.drps-AAAAAAAA" })
        {
            Directory.CreateDirectory(_temp[name, "data", "member"]);
        }

        await File.WriteAllTextAsync(_temp[".data.drps-AAAAAAAA", "lock"], "");
        await RestoreAsync(_temp["data"]);
        Assert.Equal([".other.drps-AAAAAAAA", "data"], Directory.EnumerateFileSystemEntries(_temp.FullName).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static async Task RestoreAsync(string dataDirectory, Func<RestoreOptions, RestoreOptions>? change = null)
    {
        var options = RestorePlans.Options(RestorePlans.OneMember, dataDirectory);
        await RestorePlans.RestoreAsync(RestorePlans.Golden, change?.Invoke(options) ?? options);
    }

    private static async Task AssertModesAsync(string dataDirectory, string mode, string? owner = null)
    {
        Assert.Equal(mode, await StatAsync("%a", dataDirectory));
        owner ??= await StatAsync("%u:%g", Path.GetDirectoryName(dataDirectory)!);
        Assert.Equal(owner, await StatAsync("%u:%g", dataDirectory));
        foreach (var path in Directory.EnumerateFileSystemEntries(Path.Combine(dataDirectory, "member"), "*", SearchOption.AllDirectories).Append(Path.Combine(dataDirectory, "member")))
        {
            Assert.Equal($"{owner} {(Directory.Exists(path) ? "700" : "600")}", await StatAsync("%u:%g %a", path));
        }
    }

    private static async Task<string> StatAsync(string format, string path) =>
        (await Command.RunAsync("stat", ["-c", format, path])).ThrowIfFailed().Output.Trim();
}
