using System.Runtime.Versioning;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Examples;

/// <summary>The whole idea in under a minute: measured on a machine that does nothing else meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class QuickstartAlone
{
    public const string Name = "Quickstart";
}

[Collection(QuickstartAlone.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class QuickstartTests
{
    [Theory]
    [InlineData("3.4")]
    [InlineData("3.5")]
    public async Task With_etcd_on_the_path_every_key_is_back_within_a_minute_and_nothing_is_left(string release)
    {
        var (result, left) = await RunAsync($"{Path.GetDirectoryName(EtcdBinaries.Get(release).Etcd)}:/usr/bin:/bin");

        Assert.Contains("100 of 100 keys are back, value for value.", result.Output, StringComparison.Ordinal);
        Assert.Contains("0 left", result.Output, StringComparison.Ordinal);
        Assert.Empty(left);
    }

    [Fact]
    public async Task Without_etcd_the_sample_is_proven_and_restored_and_the_script_says_where_it_ends()
    {
        var (result, left) = await RunAsync("");

        Assert.Contains("sample snapshot", result.Output, StringComparison.Ordinal);
        Assert.Contains("There is no etcd program here", result.Output, StringComparison.Ordinal);
        Assert.Contains("m3.etcd", result.Output, StringComparison.Ordinal);
        Assert.Empty(left);
    }

    // A folder for temporary files of its own: what is left in it, and which processes still carry its name, was the script's.
    private static async Task<(CommandResult Result, IReadOnlyList<string> Left)> RunAsync(string path)
    {
        using var temp = new TempFolder("quick");
        var environment = new Dictionary<string, string?> { ["TMPDIR"] = temp.FullName, ["PATH"] = path };
        var result = await Command.RunAsync(
            RepositoryPaths.Drps, [Path.Combine(RepositoryPaths.Examples, "quickstart.ps1")], environment, timeout: TimeSpan.FromSeconds(60),
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(result.ExitCode == 0, $"{result.ExitCode}\n{result.Error}\n{result.Output}");
        Assert.DoesNotContain("WARNING", result.Error, StringComparison.Ordinal);
        // The guards of sandboxes end by themselves, a moment after the shell.
        await Eventually.IsTrueAsync(() => Processes(temp.FullName).Count == 0, "every process has ended");
        return (result, [.. temp.List().Where(name => !name.Contains("dotnet", StringComparison.OrdinalIgnoreCase))]);
    }

    private static List<string> Processes(string folder) => [.. Directory.GetDirectories("/proc").Where(process =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "environ")).Contains($"TMPDIR={folder}\0", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    })];
}
