namespace DrPowerShell.Host.Tests.Session;

public class CmdletNotInHostTests
{
    [Theory]
    [InlineData("Write-Host hi -ForegroundColor Red", "Write-Host")]
    [InlineData("1 | Select-Object -First 1", "Select-Object")]
    [InlineData("1 | select -First 1 -Property @{ Name = 'n'; Expression = { 1 } }", "Select-Object")]
    [InlineData("cd /tmp", "Set-Location")]
    [InlineData("@{} | ConvertTo-Json", "ConvertTo-Json")]
    public async Task A_cmdlet_that_only_pwsh_has_ends_the_script_and_is_named(string call, string cmdlet)
    {
        var run = await Drps.ScriptAsync($"'before'\n{call}\n'after'");

        Assert.Equal((1, "before\n"), (run.ExitCode, run.Output));
        Assert.StartsWith($"probe.ps1:2: {cmdlet} belongs to Microsoft.PowerShell.", run.Error);
        Assert.Contains("  Recommended: run the script in PowerShell 7.4 or later (pwsh).", run.Error);
    }

    [Fact]
    public async Task The_error_has_an_id_of_its_own_and_can_be_caught()
    {
        var run = await Drps.ScriptAsync("try { Get-Date } catch { $_.FullyQualifiedErrorId; $_.TargetObject; $_.InvocationInfo.ScriptLineNumber }");

        Assert.Equal("CmdletNotInHost\nGet-Date\n1\n", run.ThrowIfFailed().Output);
    }

    [Fact]
    public async Task A_script_that_asks_whether_the_cmdlet_exists_is_told_no()
    {
        var run = await Drps.ScriptAsync("[bool](Get-Command Write-Host -ErrorAction Ignore); [bool]$ExecutionContext.InvokeCommand.GetCommand('Write-Host', 'All')");

        Assert.Equal("False\nFalse\n", run.ThrowIfFailed().Output);
    }

    [Fact]
    public async Task A_name_that_pwsh_has_not_either_is_simply_not_found()
    {
        var run = await Drps.ScriptAsync("try { Get-Nonsense } catch { $_.FullyQualifiedErrorId }");

        Assert.Equal("CommandNotFoundException\n", run.ThrowIfFailed().Output);
    }
}
