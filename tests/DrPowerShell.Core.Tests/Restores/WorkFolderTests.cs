using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Core.Tests.Configuration;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores;

/// <summary>What is fetched and built lies in a folder that nobody else has made.</summary>
public sealed class WorkFolderTests : IDisposable
{
    private readonly TempFolder _temp = new("work");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_folder_that_somebody_else_has_put_there_or_a_link_is_refused()
    {
        var (estate, mistakes) = EstateText.Bind("clusters: { prod: { endpoints: ['https://etcd-1:2379'] } }");
        Assert.Empty(mistakes);
        await using var world = new RestoreWorld(estate, "prod", new SecretReader(null), new RestoreWorldOptions { KeepDirectory = _temp.FullName, WorkDirectory = _temp.FullName });

        var own = world.WorkFolder("own");
        Assert.Equal(own, world.WorkFolder("own"));
        Directory.CreateDirectory(_temp["drpowershell-theirs"]);
        (await Command.RunAsync("chown", ["1234", _temp["drpowershell-theirs"]])).ThrowIfFailed();
        var error = Assert.Throws<WorkFolderNotOwnException>(() => world.WorkFolder("theirs"));
        Assert.Contains("-WorkDirectory", error.RecommendedAction, StringComparison.Ordinal);
        Directory.CreateSymbolicLink(_temp["drpowershell-linked"], own);
        Assert.Throws<WorkFolderNotOwnException>(() => world.WorkFolder("linked"));
    }
}
