using System.Globalization;
using System.Management.Automation;
using System.Text;

namespace DrPowerShell.Host.Terminals;

/// <summary>Shows an error as pwsh's concise view does: who says it, one sentence, what to do, and where in the script.</summary>
internal static class ErrorText
{
    public static void Write(Terminal terminal, ErrorRecord record)
    {
        terminal.WriteErrorLine($"{Speaker(record)}: {Sentence(record)}", Colour.Red);
        if (Advice(record) is { Length: > 0 } advice)
        {
            terminal.WriteErrorLine(advice);
        }

        if (SpeaksForItself(record) && Position(record.InvocationInfo) is { } position)
        {
            terminal.WriteErrorLine("  At " + position, Colour.Grey);
        }
    }

    public static void Write(Terminal terminal, ParseException exception)
    {
        if (exception.Errors is not { Length: > 0 } errors)
        {
            Write(terminal, exception.ErrorRecord);
            return;
        }

        foreach (var error in errors)
        {
            var file = error.Extent.File is { } path ? Path.GetFileName(path) : "drps";
            terminal.WriteErrorLine($"{file}:{Number(error.Extent.StartLineNumber)}: {error.Message}", Colour.Red);
        }
    }

    private static string Speaker(ErrorRecord record)
    {
        if (SpeaksForItself(record))
        {
            return record.InvocationInfo.MyCommand.Name;
        }

        return Position(record.InvocationInfo) ?? "drps";
    }

    /// <summary>Whether a command reports the error, and not the script that called none.</summary>
    private static bool SpeaksForItself(ErrorRecord record) => record.InvocationInfo?.MyCommand is CmdletInfo or FunctionInfo;

    private static string? Position(InvocationInfo? invocation) =>
        string.IsNullOrEmpty(invocation?.ScriptName) ? null : $"{Path.GetFileName(invocation.ScriptName)}:{Number(invocation.ScriptLineNumber)}";

    private static string Sentence(ErrorRecord record) =>
        record.ErrorDetails?.Message is { Length: > 0 } details ? details : record.Exception?.Message ?? record.ToString();

    private static string? Advice(ErrorRecord record)
    {
        if (record.ErrorDetails?.RecommendedAction is not { Length: > 0 } action)
        {
            return null;
        }

        var lines = action.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        var text = new StringBuilder("  Recommended: ").Append(lines[0]);
        foreach (var line in lines.AsSpan(1))
        {
            text.AppendLine().Append("  ").Append(line);
        }

        return text.ToString();
    }

    private static string Number(int line) => line.ToString(CultureInfo.InvariantCulture);
}
