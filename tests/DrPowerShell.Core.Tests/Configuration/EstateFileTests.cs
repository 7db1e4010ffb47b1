using System.Runtime.Versioning;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Configuration.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Configuration;

[UnsupportedOSPlatform("windows")]
public sealed class EstateFileTests : IDisposable
{
    private readonly TempFolder _folder = new("estate");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_of_ones_own_is_read()
    {
        var file = Write(_folder["dr.yaml"]);

        Assert.Equal(file, EstateFile.Load(file).Path);
        Assert.True(EstateFile.Test(file).IsValid);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite, "its group")]
    [InlineData(UnixFileMode.OtherWrite, "everybody")]
    [InlineData(UnixFileMode.GroupWrite | UnixFileMode.OtherWrite, "its group and everybody else")]
    public void A_file_that_others_may_write_is_refused_with_the_command_that_mends_it(UnixFileMode mode, string who)
    {
        var file = Write(_folder["dr.yaml"]);
        File.SetUnixFileMode(file, File.GetUnixFileMode(file) | mode);

        var error = Assert.Throws<EstateNotTrustedException>(() => EstateFile.Load(file));

        Assert.EndsWith(who, error.Reason, StringComparison.Ordinal);
        Assert.Equal($"chmod go-w {file}", error.Remedy);
        var mistake = Assert.Single(EstateFile.Test(file).Mistakes);
        Assert.Contains(error.Remedy, mistake.Text, StringComparison.Ordinal);
        Assert.Equal(0, mistake.Line);
    }

    [Fact]
    public void A_folder_that_others_may_write_is_refused_unless_it_is_sticky()
    {
        var folder = _folder.CreateFolder("my estates");
        var file = Write(Path.Combine(folder, "dr.yaml"));
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);

        Assert.Equal($"chmod go-w '{folder}'", Assert.Throws<EstateNotTrustedException>(() => EstateFile.Load(file)).Remedy);

        File.SetUnixFileMode(folder, (UnixFileMode)0b1_111_111_111);
        EstateFile.Load(file);
    }

    [Fact]
    public void A_link_is_judged_by_its_own_folder_and_by_the_files()
    {
        var (open, closed) = (_folder.CreateFolder("open"), _folder.CreateFolder("closed"));
        File.SetUnixFileMode(open, (UnixFileMode)0b111_111_111);
        var outside = Path.Combine(open, "link.yaml");
        File.CreateSymbolicLink(outside, Write(Path.Combine(closed, "dr.yaml")));
        var inside = Path.Combine(closed, "link.yaml");
        File.CreateSymbolicLink(inside, Write(Path.Combine(open, "dr.yaml")));

        Assert.Throws<EstateNotTrustedException>(() => EstateFile.Load(outside));
        Assert.Throws<EstateNotTrustedException>(() => EstateFile.Load(inside));
        File.SetUnixFileMode(open, (UnixFileMode)0b111_101_101);
        EstateFile.Load(outside);
        EstateFile.Load(inside);
    }

    [Fact]
    public async Task A_file_of_another_user_is_refused_and_one_of_roots_is_not()
    {
        var file = Write(_folder["dr.yaml"]);
        if (FileFacts.CurrentUser != 0)
        {
            // Only root can give files away; what root owns is read by everybody.
            Assert.Equal(0u, FileFacts.Of("/etc/passwd").Owner);
            return;
        }

        await Command.RunAsync("chown", ["12345", file], cancellationToken: TestContext.Current.CancellationToken);

        var error = Assert.Throws<EstateNotTrustedException>(() => EstateFile.Load(file));

        Assert.Contains("12345", error.Reason, StringComparison.Ordinal);
        Assert.Equal($"sudo chown 0 {file}", error.Remedy);
    }

    [Fact]
    public async Task What_is_no_file_does_not_hang()
    {
        var pipe = _folder["dr.yaml"];
        await Command.RunAsync("mkfifo", [pipe], cancellationToken: TestContext.Current.CancellationToken);

        Assert.Throws<EstateNotReadableException>(() => EstateFile.Load(pipe));
        Assert.Throws<EstateNotReadableException>(() => EstateFile.Load("/dev/zero"));
        Assert.Throws<EstateNotFoundException>(() => EstateFile.Load(_folder.CreateFolder("folder")));
        Assert.Throws<EstateNotFoundException>(() => EstateFile.Load(_folder["missing.yaml"]));
    }

    [Fact]
    public void Bytes_that_are_no_text_and_files_without_end_are_refused_with_a_place()
    {
        var file = _folder["dr.yaml"];
        File.WriteAllBytes(file, [.. "a: 1\nb: "u8, 0xFF]);
        var error = Assert.Throws<EstateNotReadableException>(() => EstateFile.Load(file));
        Assert.Equal((2, 4), (error.Line, error.Column));

        File.WriteAllBytes(file, new byte[(1 << 20) + 1]);
        Assert.Contains("1 MB", Assert.Throws<EstateNotReadableException>(() => EstateFile.Load(file)).Reason, StringComparison.Ordinal);
    }

    private static string Write(string path)
    {
        File.WriteAllText(path, "clusters: { c: { endpoints: [https://h] } }\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
