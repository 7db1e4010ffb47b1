using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests.Snapshots;

/// <summary>What a person sees: the tables, through the host's own output.</summary>
public sealed class SnapshotViewTests
{
    [Fact]
    public async Task Every_result_shows_as_a_table_of_facts()
    {
        using var temp = new TempFolder("view");
        var golden = RepositoryPaths.Fixture("golden.db");
        var result = await Command.RunAsync(RepositoryPaths.Drps, ["-Command", $"""
            $ProgressPreference = 'SilentlyContinue'
            Get-EtcdSnapshot '{golden}' | Out-Default
            Test-EtcdSnapshot '{golden}' | Out-Default
            (Test-EtcdSnapshot '{golden}').Status | Out-Default
            Get-EtcdSnapshotKey '{golden}' -First 3 | Out-Default
            Compare-EtcdSnapshot '{golden}' '{RepositoryPaths.Fixture("golden-3.4.db")}' | Out-Default
            Restore-EtcdSnapshot '{golden}' '{temp["data"]}' -Confirm:$false | Out-Default
            """], cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        Assert.Equal("", result.Error);
        Assert.Contains("golden.db", result.Output, StringComparison.Ordinal);
        Assert.Contains("True", result.Output, StringComparison.Ordinal);
        Assert.Contains("Changed", result.Output, StringComparison.Ordinal);
        Assert.Contains("Full", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("System.Collections", result.Output, StringComparison.Ordinal);
    }
}
