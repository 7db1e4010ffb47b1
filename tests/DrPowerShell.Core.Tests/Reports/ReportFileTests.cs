using DrPowerShell.Core.Reports;
using DrPowerShell.Core.Reports.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Testing;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DrPowerShell.Core.Tests.Reports;

/// <summary>A report's file is there whole or not at all, and takes no other file's place unasked.</summary>
public sealed class ReportFileTests : IDisposable
{
    private readonly TempFolder _temp = new("report");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_file_that_is_there_is_replaced_only_when_that_was_asked_for()
    {
        ReportFile.Write(_temp["a.html"], "one"u8, replace: false);

        Assert.Equal("ReportFileExists", Assert.Throws<ReportFileExistsException>(() => ReportFile.Write(_temp["a.html"], "two"u8, replace: false)).ErrorId);
        Assert.Equal("one", File.ReadAllText(_temp["a.html"]));
        ReportFile.Write(_temp["a.html"], "two"u8, replace: true);
        Assert.Equal("two", File.ReadAllText(_temp["a.html"]));
        Assert.Throws<ReportFileExistsException>(() => ReportFile.Write(_temp.CreateFolder("folder"), "x"u8, replace: true));
        Assert.Equal(["a.html", "folder"], _temp.List());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_disk_that_fails_leaves_what_was_there_and_nothing_else(bool replace)
    {
        if (replace)
        {
            File.WriteAllText(_temp["a.html"], "old");
        }

        File.WriteAllText(_temp["a.html.part"], "of a process that died");

        Assert.Equal(FailureKind.DiskFull, Assert.IsAssignableFrom<RecoveryException>(Record.Exception(() => ReportFile.Write(_temp["a.html"], "new"u8, replace, new FullDisk()))).Kind);
        Assert.Equal(replace ? ["a.html"] : [], _temp.List());
        Assert.True(!replace || File.ReadAllText(_temp["a.html"]) == "old");
        ReportFile.Write(_temp["a.html"], "new"u8, replace);
        Assert.Equal("new", File.ReadAllText(_temp["a.html"]));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_a_typed_error() =>
        Assert.IsAssignableFrom<RecoveryException>(Record.Exception(() => ReportFile.Write(_temp["none", "a.html"], "x"u8, replace: true)));

    private sealed class FullDisk : DurableFiles
    {
        public override void Sync(SafeFileHandle file) => throw new IOException("No space left on device") { HResult = 28 };
    }
}
