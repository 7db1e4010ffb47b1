using System.Management.Automation;
using System.Reflection;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests.Pipeline;

/// <summary>The user's own scripts, as a plan's checks run them: nested in a real session.</summary>
public sealed class PipelineScriptTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly TempFolder _temp = new("scripts");

    public void Dispose()
    {
        _session.Dispose();
        _temp.Dispose();
    }

    [Theory]
    [InlineData("'one'; 2; [uri] 'http://h/'", true, "one|2|http://h/", null)]
    [InlineData("param([int] $Number, [switch] $Off) $Number + 1", true, "6", null)]
    [InlineData("throw 'the shop is closed'", false, "", "the shop is closed")]
    [InlineData("'before'; Get-Command no-such-thing; 'after'", false, "before|after", "no-such-thing")]
    [InlineData("/bin/sh -c 'echo busy >&2; echo fine'", true, "fine", null)]
    [InlineData("/bin/sh -c 'echo busy >&2; echo still >&2; exit 3'", false, "", "busy")]
    [InlineData("/bin/sh -c 'echo busy >&2'; Get-Command no-such-thing", false, "", "no-such-thing")]
    [InlineData("/bin/sh -c 'echo busy >&2; exit 3'; /bin/sh -c 'exit 0'; 'recovered'", true, "recovered", null)]
    [InlineData("exit 3", false, "", "It ended with exit code 3.")]
    [InlineData("'well'; exit 0", true, "well", null)]
    [InlineData("#requires -Modules NoSuchModule\n'never'", false, "", "NoSuchModule")]
    [InlineData("#requires -Modules DrPowerShell\n(Get-Command Get-EtcdKey).Name", true, "Get-EtcdKey", null)]
    [InlineData("param([Parameter(Mandatory)] $Secret) 'asked'", false, "", "the parameter Secret is mandatory")]
    [InlineData("param([Parameter(Mandatory)] [int] $Number) $Number", true, "5", null)]
    [InlineData("param($Number) Read-Host 'Your name'", false, "", "must not ask")]
    [InlineData("param($Number) Get-Credential", false, "", "must not ask")]
    [InlineData("param([datetime] $Number) 'typed'", false, "", "datetime|DateTime")]
    [InlineData("[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')] param($Number) if ($PSCmdlet.ShouldProcess('x')) { 'did' }", true, "did", null)]
    public void A_script_passes_or_fails_by_what_it_does(string text, bool succeeds, string? output, string? error)
    {
        File.WriteAllText(_temp["[a] script.ps1"], text);

        var result = Run(_temp["[a] script.ps1"], text.Contains("$Number", StringComparison.Ordinal) ? new() { ["Number"] = text.Contains("datetime", StringComparison.Ordinal) ? "never" : "5" } : []);

        Assert.True(succeeds == result.Succeeded, result.Error);
        if (output is not null)
        {
            Assert.Equal(output, string.Join('|', result.Output));
        }

        if (error is null)
        {
            Assert.Null(result.Error);
        }
        else
        {
            Assert.Contains(error.Split('|'), part => result.Error!.Contains(part, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void What_a_script_sets_stays_its_own()
    {
        File.WriteAllText(_temp["own.ps1"], "$x = 2; $ConfirmPreference");

        Assert.Equal(["None"], Run(_temp["own.ps1"], []).Output);
        Assert.Equal("", _session.Run("\"$x\"").One);
        Assert.Equal("High", _session.Run("\"$ConfirmPreference\"").One);
    }

    [Fact]
    public void A_script_that_does_not_end_is_stopped_by_its_token_and_the_session_goes_on()
    {
        File.WriteAllText(_temp["hangs.ps1"], "while ($true) { [System.Threading.Thread]::Sleep(20) }");

        Assert.ThrowsAny<OperationCanceledException>(() => Run(_temp["hangs.ps1"], [], TimeSpan.FromMilliseconds(300)));
        Assert.Equal(3, _session.Run("1 + 2").One);
    }

    private (bool Succeeded, IReadOnlyList<string> Output, string? Error) Run(string path, Dictionary<string, string> parameters, TimeSpan? limit = null)
    {
        var probe = new ScriptProbe(path, parameters, limit ?? TimeSpan.FromMinutes(1));
        _session.Run("function Invoke-It { [CmdletBinding()] param() $probe.Run($PSCmdlet) }; Invoke-It", ("probe", probe)).Succeed();
        return probe.Failure is { } failure ? throw failure : ((bool)probe.Result!.Succeeded, (IReadOnlyList<string>)probe.Result.Output, (string?)probe.Result.Error);
    }

    /// <summary>Calls the runner as the pump does: on the pipeline thread, in the middle of a command. Its types are the loaded module's own.</summary>
    public sealed class ScriptProbe(string path, Dictionary<string, string> parameters, TimeSpan limit)
    {
        public dynamic? Result { get; private set; }

        public Exception? Failure { get; private set; }

        public void Run(PSCmdlet cmdlet)
        {
            var runner = Loaded("DrPowerShell.Module", "DrPowerShell.Module.Pipeline.PipelineScripts");
            var result = Loaded("DrPowerShell.Core", "DrPowerShell.Core.Ports.ScriptResult");
            var serve = typeof(ScriptProbe).GetMethod(nameof(Serve), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(result);
            var delegates = typeof(Func<,,>).MakeGenericType(
                typeof(Func<,>).MakeGenericType(typeof(CancellationToken), result), typeof(CancellationToken), typeof(Task<>).MakeGenericType(result));
            var scripts = Activator.CreateInstance(runner, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, [cmdlet, serve.CreateDelegate(delegates)], null)!;
            var invocation = Activator.CreateInstance(Loaded("DrPowerShell.Core", "DrPowerShell.Core.Ports.ScriptInvocation"), path, parameters);
            using var end = new CancellationTokenSource(limit);
            try
            {
                var task = (Task)runner.GetMethod("RunAsync")!.Invoke(scripts, [invocation, end.Token])!;
                task.GetAwaiter().GetResult();
                Result = task.GetType().GetProperty("Result")!.GetValue(task);
            }
            catch (Exception e)
            {
                Failure = e is TargetInvocationException { InnerException: { } inner } ? inner : e;
            }
        }

        private static Task<T> Serve<T>(Func<CancellationToken, T> act, CancellationToken token) => Task.FromResult(act(token));

        private static Type Loaded(string assembly, string type) =>
            AppDomain.CurrentDomain.GetAssemblies().Single(one => one.GetName().Name == assembly).GetType(type, throwOnError: true)!;
    }
}
