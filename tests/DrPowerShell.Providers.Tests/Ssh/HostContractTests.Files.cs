using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Providers.Tests.Ssh;

/// <summary>Files and folders.</summary>
public abstract partial class HostContractTests
{
    private static readonly string[] OddNames = [" a b", "new\nline\n", "quote'\"", "$HOME `id`", "-rf", "back\\slash\t|", "ü 漢字 🙂", "%s\\0*"];

    [Fact]
    public async Task What_a_path_names_is_told_and_links_are_not_followed()
    {
        await File.WriteAllTextAsync(_folder["file"], "12345", Token);
        Directory.CreateDirectory(_folder["folder"]);
        File.CreateSymbolicLink(_folder["link"], "nowhere");
        (await Command.RunAsync("chown", ["1234:2345", _folder["file"]])).ThrowIfFailed();
        (await Command.RunAsync("chmod", ["2640", _folder["file"]])).ThrowIfFailed();
        (await Command.RunAsync("mkfifo", [_folder["pipe"]])).ThrowIfFailed();
        var file = await Host.FindAsync(_folder["file"], Token);
        Assert.Equal((_folder["file"], "file", HostEntryKind.File, 5L), (file!.Path, file.Name, file.Kind, file.Size));
        Assert.Equal(("1234", "2345", Convert.ToInt32("2640", 8)), (file.Attributes.Owner, file.Attributes.Group, file.Attributes.Mode));
        Assert.InRange((file.Modified.UtcDateTime - File.GetLastWriteTimeUtc(_folder["file"])).Duration(), TimeSpan.Zero, TimeSpan.FromMilliseconds(2));
        Assert.Equal(HostEntryKind.Directory, (await Host.FindAsync(_folder["folder"], Token))!.Kind);
        Assert.Equal(HostEntryKind.Link, (await Host.FindAsync(_folder["link"], Token))!.Kind);
        Assert.Equal(HostEntryKind.Other, (await Host.FindAsync(_folder["pipe"], Token))!.Kind);
        Assert.Equal("root", (await Host.FindAsync("/", Token))!.Attributes.Owner);
        Assert.Null(await Host.FindAsync(_folder["none"], Token));
        Assert.Null(await Host.FindAsync(_folder["none", "below"], Token));
        Assert.Null(await Host.FindAsync(_folder["file", "below"], Token));
    }

    [Fact]
    public async Task Odd_names_are_listed_found_read_and_removed()
    {
        Directory.CreateDirectory(_folder["in"]);
        foreach (var name in OddNames)
        {
            await Host.WriteAsync(_folder["in", name], Encoding.UTF8.GetBytes(name), null, Token);
        }

        var listed = await Host.ListAsync(_folder["in"], Token);
        Assert.Equal(OddNames.Select(name => _folder["in", name]).Order(StringComparer.Ordinal), listed.Select(entry => entry.Path));
        var digests = await Host.GetDigestsAsync(_folder["in"], Token);
        Assert.Equal(OddNames.Order(StringComparer.Ordinal), digests.Keys.Order(StringComparer.Ordinal));
        Assert.All(digests, digest => Assert.Equal(Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(digest.Key))).ToLowerInvariant(), digest.Value));
        foreach (var entry in listed)
        {
            Assert.Equal(entry, await Host.FindAsync(entry.Path, Token));
            Assert.Equal(entry.Name, Encoding.UTF8.GetString(await Host.ReadAsync(entry.Path, Token)));
            await Host.MoveAsync(entry.Path, entry.Path + ".new", Token);
            await Host.RemoveAsync(entry.Path + ".new", Token);
        }

        Assert.Empty(await Host.ListAsync(_folder["in"], Token));
    }

    [Fact]
    public async Task A_folder_is_listed_through_a_link_and_what_is_none_holds_nothing()
    {
        Directory.CreateDirectory(_folder["real"]);
        File.CreateSymbolicLink(_folder["link"], _folder["real"]);
        await File.WriteAllTextAsync(_folder["real", "x"], "", Token);
        Assert.Equal(_folder["link", "x"], Assert.Single(await Host.ListAsync(_folder["link"], Token)).Path);
        Assert.Empty(await Host.ListAsync(_folder["none"], Token));
        Assert.Empty(await Host.ListAsync(_folder["real", "x"], Token));
    }

    [Fact]
    public async Task A_long_list_is_whole()
    {
        Directory.CreateDirectory(_folder["many"]);
        var tail = new string('x', 150);
        for (var i = 0; i < 7000; i++)
        {
            File.Create(_folder["many", $"{i:D5}-{tail}"]).Dispose();
        }

        Assert.Equal(7000, (await Host.ListAsync(_folder["many"], Token)).Count);
        Assert.Equal(7000, (await Host.GetDigestsAsync(_folder["many"], Token)).Count);
    }

    [Fact]
    public async Task A_file_is_read_up_to_16_MiB_and_nothing_else_is()
    {
        await using (var file = File.Create(_folder["large"]))
        {
            file.SetLength(16 << 20);
        }

        await File.WriteAllTextAsync(_folder["empty"], "", Token);
        (await Command.RunAsync("mkfifo", [_folder["pipe"]])).ThrowIfFailed();
        Assert.Equal(16 << 20, (await Host.ReadAsync(_folder["large"], Token)).Length);
        Assert.Empty(await Host.ReadAsync(_folder["empty"], Token));
        await using (var file = File.OpenWrite(_folder["large"]))
        {
            file.SetLength((16 << 20) + 1);
        }

        Assert.Contains("larger", (await Assert.ThrowsAsync<HostCommandFailedException>(() => Host.ReadAsync(_folder["large"], Token))).Message);
        await Assert.ThrowsAsync<HostCommandFailedException>(() => Host.ReadAsync(_folder["pipe"], Token));
        await Assert.ThrowsAsync<HostCommandFailedException>(() => Host.ReadAsync(_folder.FullName, Token));
        var missing = await Assert.ThrowsAsync<HostFileNotFoundException>(() => Host.ReadAsync(_folder["none"], Token));
        Assert.Equal($"There is no {_folder["none"]} on {Host.Name}.", missing.Message);
    }

    [Fact]
    public async Task The_beginning_of_a_file_is_read_and_all_of_one_that_is_shorter()
    {
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        await File.WriteAllBytesAsync(_folder["file"], bytes, Token);
        Assert.Equal(bytes[..70_000], await Host.ReadHeadAsync(_folder["file"], 70_000, Token));
        Assert.Equal(bytes, await Host.ReadHeadAsync(_folder["file"], 1 << 20, Token));
        await Assert.ThrowsAsync<HostCommandFailedException>(() => Host.ReadHeadAsync(_folder.FullName, 1, Token));
        await Assert.ThrowsAsync<HostFileNotFoundException>(() => Host.ReadHeadAsync(_folder["none"], 1, Token));
    }

    [Fact]
    public async Task A_written_file_keeps_owner_and_mode_or_takes_those_that_are_told()
    {
        await Host.WriteAsync(_folder["new"], "new"u8.ToArray(), null, Token);
        Assert.Equal(("root", "root", Octal("644")), await AttributesAsync("new"));
        (await Command.RunAsync("chown", ["1234:2345", _folder["new"]])).ThrowIfFailed();
        (await Command.RunAsync("chmod", ["640", _folder["new"]])).ThrowIfFailed();
        await Host.WriteAsync(_folder["new"], "other"u8.ToArray(), null, Token);
        Assert.Equal(("1234", "2345", Octal("640")), await AttributesAsync("new"));
        await Host.WriteAsync(_folder["new"], Array.Empty<byte>(), new HostFileAttributes("33", "34", Octal("600"), null), Token);
        Assert.Equal((("www-data", "backup", Octal("600")), ""), (await AttributesAsync("new"), await File.ReadAllTextAsync(_folder["new"], Token)));
        Assert.Equal(["new"], _folder.List());
        await Assert.ThrowsAsync<HostCommandFailedException>(() => Host.WriteAsync(_folder["none", "x"], Array.Empty<byte>(), null, Token));
    }

    [Fact]
    public async Task A_file_behind_a_link_is_written_where_it_is()
    {
        Directory.CreateDirectory(_folder["real"]);
        await File.WriteAllTextAsync(_folder["real", "etcd.conf"], "old", Token);
        File.CreateSymbolicLink(_folder["etcd.conf"], "real/etcd.conf");
        await Host.WriteAsync(_folder["etcd.conf"], "new"u8.ToArray(), null, Token);
        Assert.Equal("new", await File.ReadAllTextAsync(_folder["real", "etcd.conf"], Token));
        Assert.NotNull(new FileInfo(_folder["etcd.conf"]).LinkTarget);
        Assert.Equal(["etcd.conf", "real", "real/etcd.conf"], _folder.List());
    }

    [Fact]
    public async Task A_reader_sees_the_old_file_or_the_new_one_and_never_half()
    {
        var path = _folder["file"];
        byte[][] both = [[.. Enumerable.Repeat((byte)'a', 500_000)], [.. Enumerable.Repeat((byte)'b', 700_000)]];
        await Host.WriteAsync(path, both[0], null, Token);
        using var done = new CancellationTokenSource();
        var reader = Task.Run(
            () =>
            {
                var seen = 0;
                for (; !done.IsCancellationRequested; seen++)
                {
                    var bytes = File.ReadAllBytes(path);
                    Assert.True(bytes.AsSpan().SequenceEqual(both[0]) || bytes.AsSpan().SequenceEqual(both[1]), $"{bytes.Length} bytes, of which the first is {bytes.FirstOrDefault()}");
                }

                return seen;
            },
            Token);
        for (var i = 1; i <= 4; i++)
        {
            await Host.WriteAsync(path, both[i % 2], null, Token);
        }

        await done.CancelAsync();
        Assert.True(await reader > 4);
    }

    [Fact]
    public async Task A_write_that_is_cancelled_has_been_done_or_has_left_nothing()
    {
        var path = _folder["file"];
        await File.WriteAllTextAsync(path, "old", Token);
        var bytes = new byte[8_000_000];
        Array.Fill(bytes, (byte)'n');
        for (var i = 0; i < 4; i++)
        {
            using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(10 + (i * 20)));
            await Record.ExceptionAsync(() => Host.WriteAsync(path, bytes, null, cancel.Token));
            await Record.ExceptionAsync(() => Host.TryCreateAsync(_folder["created"], bytes, cancel.Token));
        }

        Assert.Contains(new FileInfo(path).Length, new long[] { 3, bytes.Length });
        Assert.True(!File.Exists(_folder["created"]) || new FileInfo(_folder["created"]).Length == bytes.Length);
        await Eventually.IsTrueAsync(() => _folder.List().All(name => name is "file" or "created"), "no part is left");
    }

    [Fact]
    public async Task Of_eight_who_create_a_file_exactly_one_does()
    {
        var hosts = new List<IHost>();
        for (var i = 0; i < 4; i++)
        {
            hosts.Add(await OpenAsync());
        }

        for (var round = 0; round < 2; round++)
        {
            var path = _folder[$"lock-{round}"];
            var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(one => hosts[one % 4].TryCreateAsync(path, Encoding.ASCII.GetBytes($"holder {one}"), Token)));
            Assert.Equal($"holder {Array.IndexOf(made, true)}", await File.ReadAllTextAsync(path, Token));
            Assert.Single(made, true);
        }

        File.CreateSymbolicLink(_folder["link"], "nowhere");
        Assert.False(await Host.TryCreateAsync(_folder["link"], Array.Empty<byte>(), Token));
        Assert.Equal(["link", "lock-0", "lock-1"], _folder.List());
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_folder_is_made_with_its_parents_and_one_that_is_there_stays_as_it_is()
    {
        await Host.CreateDirectoryAsync(_folder["a", "b", "c"], new HostFileAttributes("1234", "2345", Octal("700"), null), Token);
        Assert.Equal(("1234", "2345", Octal("700")), await AttributesAsync("a", "b", "c"));
        Assert.Equal(("root", "root", Octal("755")), await AttributesAsync("a", "b"));
        await Host.CreateDirectoryAsync(_folder["a", "b", "c"], new HostFileAttributes(null, null, Octal("777"), null), Token);
        Assert.Equal(("1234", "2345", Octal("700")), await AttributesAsync("a", "b", "c"));
        await File.WriteAllTextAsync(_folder["file"], "", Token);
        await Assert.ThrowsAsync<HostCommandFailedException>(() => Host.CreateDirectoryAsync(_folder["file"], null, Token));
    }

    [Fact]
    public async Task A_move_overwrites_nothing_and_never_copies()
    {
        Directory.CreateDirectory(_folder["from", "x"]);
        Directory.CreateDirectory(_folder["taken"]);
        await File.WriteAllTextAsync(_folder["file"], "file", Token);
        await Host.MoveAsync(_folder["from"], _folder["to"], Token);
        var error = await Assert.ThrowsAsync<HostFileExistsException>(() => Host.MoveAsync(_folder["to"], _folder["taken"], Token));
        Assert.Contains(_folder["taken"], error.Message);
        await Assert.ThrowsAsync<HostFileExistsException>(() => Host.MoveAsync(_folder["file"], _folder["taken"], Token));
        await Assert.ThrowsAsync<HostFileExistsException>(() => Host.MoveAsync(_folder["to"], _folder["file"], Token));
        await Assert.ThrowsAsync<HostFileNotFoundException>(() => Host.MoveAsync(_folder["none"], _folder["x"], Token));
        Assert.Contains("no folder", (await Assert.ThrowsAsync<HostCommandFailedException>(() => Host.MoveAsync(_folder["file"], _folder["none", "x"], Token))).Message);
        var elsewhere = Directory.CreateDirectory($"/dev/shm/dr-host-{Guid.NewGuid():N}");
        try
        {
            await Assert.ThrowsAsync<HostVolumesDifferException>(() => Host.MoveAsync(_folder["to"], elsewhere.FullName + "/x", Token));
            Assert.Empty(elsewhere.EnumerateFileSystemInfos());
        }
        finally
        {
            elsewhere.Delete(recursive: true);
        }

        Assert.Equal(["file", "taken", "to", "to/x"], _folder.List());
    }

    [Fact]
    public async Task A_tree_is_removed_and_what_links_lead_to_is_not()
    {
        Directory.CreateDirectory(_folder["keep"]);
        await File.WriteAllTextAsync(_folder["keep", "x"], "", Token);
        Directory.CreateDirectory(_folder["gone", "deep"]);
        File.CreateSymbolicLink(_folder["gone", "link"], _folder["keep"]);
        File.CreateSymbolicLink(_folder["link"], _folder["keep"]);
        await Host.RemoveAsync(_folder["gone"], Token);
        await Host.RemoveAsync(_folder["link"], Token);
        await Host.RemoveAsync(_folder["none"], Token);
        Assert.Equal(["keep", "keep/x"], _folder.List());
    }

    [Theory]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("/var")]
    [InlineData("/var/")]
    [InlineData("//var")]
    [InlineData("/./var")]
    [InlineData("/var/.")]
    [InlineData("/tmp/../var")]
    [InlineData("/tmp/x/..")]
    [InlineData("/var/lib")]
    [InlineData("/usr/lib/")]
    [InlineData("/etc/systemd")]
    [InlineData("tmp/x")]
    public async Task What_is_the_systems_is_neither_removed_nor_given_away(string path)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Host.RemoveAsync(path, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => Host.SetAttributesAsync(path, new HostFileAttributes("1234", null, null, null), Token));
    }

    [Fact]
    public async Task Attributes_are_set_for_a_folder_and_all_in_it_but_not_through_links()
    {
        Directory.CreateDirectory(_folder["data", "member"]);
        await File.WriteAllTextAsync(_folder["data", "member", "db"], "", Token);
        await File.WriteAllTextAsync(_folder["passwd"], "", Token);
        File.CreateSymbolicLink(_folder["data", "link"], _folder["passwd"]);
        await Host.SetAttributesAsync(_folder["data"], new HostFileAttributes("1234", "2345", Octal("700"), null), Token);
        Assert.Equal(("1234", "2345", Octal("700")), await AttributesAsync("data"));
        Assert.Equal(("1234", "2345", Octal("644")), await AttributesAsync("data", "member", "db"));
        Assert.Equal(("root", "root", Octal("644")), await AttributesAsync("passwd"));
    }

    [Fact]
    public async Task The_file_system_of_a_path_is_told_also_where_the_path_is_still_to_be_made()
    {
        var volume = await Host.GetVolumeAsync("/dev/shm/none/below", Token);
        Assert.Equal(("/dev/shm", "tmpfs"), (volume.MountPoint, volume.Kind));
        Assert.InRange(volume.FreeBytes, 1, volume.TotalBytes);
        Assert.Equal(new DriveInfo("/dev/shm").TotalSize, volume.TotalBytes);
        Assert.Equal("/proc", (await Host.GetVolumeAsync("/proc/self", Token)).MountPoint);
    }

    private static int Octal(string text) => Convert.ToInt32(text, 8);

    private async Task<(string?, string?, int?)> AttributesAsync(params string[] names)
    {
        var attributes = (await Host.FindAsync(_folder[names], Token))!.Attributes;
        return (attributes.Owner, attributes.Group, attributes.Mode);
    }

    private static long Blocks(string path) =>
        long.Parse(Command.RunAsync("stat", ["-c", "%b", path]).GetAwaiter().GetResult().ThrowIfFailed().Output, CultureInfo.InvariantCulture);
}
