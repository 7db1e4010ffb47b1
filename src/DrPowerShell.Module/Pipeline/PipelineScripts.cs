using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Module.Pipeline;

/// <summary>Runs the user's scripts as nested pipelines of the session: with its modules, its profile's functions, its execution policy.</summary>
/// <param name="cmdlet">The command that is under way.</param>
/// <param name="serve">Does something on the pipeline thread.</param>
internal sealed class PipelineScripts(PSCmdlet cmdlet, Func<Func<CancellationToken, ScriptResult>, CancellationToken, Task<ScriptResult>> serve) : IScriptRunner
{
    // A script of a plan may run at night: what would ask fails. A module's own functions see only their module's, so there the host has to refuse.
    private const string Frame = """
        param($Path, $Parameters)
        $ConfirmPreference = 'None'
        function Read-Host { throw 'A script of a plan must not ask (Read-Host): nobody may be there to answer.' }
        function Get-Credential { throw 'A script of a plan must not ask (Get-Credential): nobody may be there to answer.' }
        & $Path @Parameters
        if (-not $?) { throw "It ended with exit code $LASTEXITCODE." }
        """;

    private const int LongestReason = 500;

    public Task<ScriptResult> RunAsync(ScriptInvocation script, CancellationToken cancellationToken) => serve(token => Run(script, token), cancellationToken);

    private ScriptResult Run(ScriptInvocation script, CancellationToken cancellationToken)
    {
        if (Missing(script) is { } missing)
        {
            // The engine would ask for it.
            return new ScriptResult(Succeeded: false, [], $"the parameter {missing} is mandatory, and the plan does not give it");
        }

        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        var parameters = new Hashtable(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in script.Parameters)
        {
            parameters[name] = value;
        }

        shell.AddScript(Frame, useLocalScope: true).AddParameter("Path", script.Path).AddParameter("Parameters", parameters);
        cancellationToken.ThrowIfCancellationRequested();
        using var stop = cancellationToken.Register(static running => ((PowerShell)running!).BeginStop(null, null), shell);
        IReadOnlyList<string> output = [];
        string? error = null;
        try
        {
            output = [.. shell.Invoke().Select(item => item?.ToString(null, CultureInfo.InvariantCulture) ?? "")];
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (Exception e) when (e is PipelineStoppedException or InvalidPowerShellStateException && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            error = Reason(e.ErrorRecord);
        }

        Tell(shell.Streams);
        error = shell.Streams.Error.FirstOrDefault(one => !IsProgramsText(one)) is { } own ? Reason(own)
            : error ?? (shell.Streams.Error.Count > 0 && HasProgramFailed ? Reason(shell.Streams.Error[0]) : null);
        return new ScriptResult(error is null, output, error);
    }

    // Programs write to stderr what is no error as well, such as progress: the exit code of the script's last one tells.
    private bool HasProgramFailed => LanguagePrimitives.IsTrue(cmdlet.SessionState.PSVariable.GetValue("LASTEXITCODE"));

    private static bool IsProgramsText(ErrorRecord error) => error.FullyQualifiedErrorId is "NativeCommandError" or "NativeCommandErrorMessage";

    private void Tell(PSDataStreams streams)
    {
        foreach (var warning in streams.Warning)
        {
            cmdlet.WriteWarning(warning.Message);
        }

        foreach (var line in streams.Verbose)
        {
            cmdlet.WriteVerbose(line.Message);
        }

        foreach (var error in streams.Error.Where(IsProgramsText))
        {
            cmdlet.WriteVerbose(error.Exception.Message);
        }
    }

    private static string Reason(ErrorRecord error)
    {
        var text = string.Join(' ', (error.ErrorDetails?.Message ?? error.Exception.Message).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= LongestReason ? text : text[..LongestReason] + "…";
    }

    private static string? Missing(ScriptInvocation script) => Parser.ParseFile(script.Path, out _, out _).ParamBlock?.Parameters
        .Where(parameter => parameter.Attributes.OfType<AttributeAst>()
            .Any(attribute => attribute.TypeName.GetReflectionType() == typeof(ParameterAttribute) && attribute.NamedArguments.Any(IsMandatory)))
        .Select(parameter => parameter.Name.VariablePath.UserPath)
        .FirstOrDefault(name => !script.Parameters.Keys.Contains(name, StringComparer.OrdinalIgnoreCase));

    private static bool IsMandatory(NamedAttributeArgumentAst argument) =>
        string.Equals(argument.ArgumentName, nameof(ParameterAttribute.Mandatory), StringComparison.OrdinalIgnoreCase)
        && (argument.ExpressionOmitted || argument.Argument is not VariableExpressionAst { VariablePath.UserPath: var value } || !string.Equals(value, "false", StringComparison.OrdinalIgnoreCase));
}
