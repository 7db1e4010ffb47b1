using System.Security.Cryptography;
using DrPowerShell.Core.Hosts.Errors;
using Xunit;

namespace DrPowerShell.Providers.Tests.Ssh;

/// <summary>Folders that are sent and files that are fetched.</summary>
public abstract partial class HostContractTests
{
    [Fact]
    public async Task A_folder_arrives_whole_with_its_holes_and_progress_is_told()
    {
        var sizes = MakeTree();
        var seen = new List<long>();
        await Host.UploadAsync(_folder["local"], _folder["there"], new Told(seen.Add), Token);
        Assert.Equal(
            Directory.EnumerateFileSystemEntries(_folder["local"], "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_folder["local"], path)).Order(StringComparer.Ordinal),
            Directory.EnumerateFileSystemEntries(_folder["there"], "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_folder["there"], path)).Order(StringComparer.Ordinal));
        foreach (var name in sizes.Keys)
        {
            Assert.Equal(await SHA256.HashDataAsync(File.OpenRead(_folder["local", name]), Token), await SHA256.HashDataAsync(File.OpenRead(_folder["there", name]), Token));
        }

        // A single page of zeros is a hole too, and so is the end of a file.
        Assert.InRange(Blocks(_folder["there", "member/snap/db"]), 1, Blocks(_folder["local", "member/snap/db"]) + 64);
        Assert.Equal(sizes.Values.Sum(), seen[^1]);
        Assert.Equal(seen.Order(), seen);
        Assert.Equal((("root", "root", Octal("700"))), await AttributesAsync("there"));
        Assert.Equal((await Host.GetDigestsAsync(_folder["local"], Token)).OrderBy(one => one.Key), (await Host.GetDigestsAsync(_folder["there"], Token)).OrderBy(one => one.Key));

        var error = await Assert.ThrowsAsync<HostFileExistsException>(() => Host.UploadAsync(_folder["local"], _folder["there"], null, Token));
        Assert.Contains(_folder["there"], error.Message);
        Assert.Equal(["local", "there"], TopNames());
    }

    [Fact]
    public async Task Damage_on_the_way_is_found_and_nothing_is_left()
    {
        MakeTree();
        var told = new Told(_ =>
        {
            // The first file has arrived; the last one is on its way.
            if (Directory.EnumerateFiles(_folder.FullName, "first", SearchOption.AllDirectories).FirstOrDefault(path => path.Contains("uploading", StringComparison.Ordinal)) is { } there && new FileInfo(there).Length > 0)
            {
                using var file = File.OpenWrite(there);
                file.WriteByte((byte)'#');
            }
        });
        var error = await Assert.ThrowsAsync<HostDigestMismatchException>(() => Host.UploadAsync(_folder["local"], _folder["there"], told, Token));
        Assert.Contains("first", error.Message);
        Assert.Equal(["local"], TopNames());
    }

    [Fact]
    public async Task An_upload_that_is_cancelled_leaves_nothing()
    {
        MakeTree();
        using var cancel = new CancellationTokenSource();
        var told = new Told(count =>
        {
            if (count > 2_000_000)
            {
                cancel.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Host.UploadAsync(_folder["local"], _folder["there"], told, cancel.Token));
        Assert.Equal(["local"], TopNames());
    }

    [Fact]
    public async Task A_file_is_fetched_whole_or_not_at_all()
    {
        var bytes = RandomNumberGenerator.GetBytes(9_000_000);
        await File.WriteAllBytesAsync(_folder["remote"], bytes, Token);
        var seen = new List<long>();
        await Host.DownloadAsync(_folder["remote"], _folder["copy"], new Told(seen.Add), Token);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_folder["copy"], Token));
        Assert.Equal(bytes.Length, seen[^1]);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes)).ToLowerInvariant(), (await Host.GetDigestsAsync(_folder["remote"], Token))[""]);
        await Assert.ThrowsAsync<HostFileNotFoundException>(() => Host.DownloadAsync(_folder["none"], _folder["x"], null, Token));

        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Host.DownloadAsync(_folder["remote"], _folder["x"], new Told(_ => cancel.Cancel()), cancel.Token));

        // What cannot be written here any more must not hold the other end up for good.
        await Assert.ThrowsAsync<IOException>(() => Host.DownloadAsync(_folder["remote"], _folder["x"], new Told(count => throw new IOException("No space left on device")), Token));
        await Assert.ThrowsAsync<IOException>(() => Host.DownloadAsync(_folder["remote"], _folder["copy"], null, Token));
        Assert.Equal(["copy", "remote"], _folder.List());
    }

    // Like a data directory: a database full of holes, a log, an empty folder, and names that nobody would give.
    private Dictionary<string, long> MakeTree()
    {
        Directory.CreateDirectory(_folder["local", "member", "snap"]);
        Directory.CreateDirectory(_folder["local", "member", "empty folder"]);
        using (var db = File.Create(_folder["local", "member", "snap", "db"]))
        {
            for (var page = 0; page < 4000; page += 8)
            {
                db.Position = page * 4096L;
                db.Write(RandomNumberGenerator.GetBytes(4096));
            }

            db.SetLength(40_000_000);
        }

        File.WriteAllBytes(_folder["local", "first"], RandomNumberGenerator.GetBytes(10_000));
        File.WriteAllBytes(_folder["local", "empty"], []);
        File.WriteAllBytes(_folder["local", "with blank\nand break"], RandomNumberGenerator.GetBytes(3));
        File.WriteAllBytes(_folder["local", "zeros"], new byte[5000]);
        return Directory.EnumerateFiles(_folder["local"], "*", SearchOption.AllDirectories).ToDictionary(path => Path.GetRelativePath(_folder["local"], path), path => new FileInfo(path).Length);
    }

    private IEnumerable<string> TopNames() => Directory.EnumerateFileSystemEntries(_folder.FullName).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    private sealed class Told(Action<long> act) : IProgress<long>
    {
        public void Report(long value) => act(value);
    }
}
