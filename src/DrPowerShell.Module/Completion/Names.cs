using System.Management.Automation;
using System.Management.Automation.Language;

namespace DrPowerShell.Module.Completion;

/// <summary>Turns names into completions, quoted where PowerShell needs it.</summary>
internal static class Names
{
    public static IEnumerable<CompletionResult> Complete(string typed, IEnumerable<(string Name, string ToolTip)> names)
    {
        var start = typed.Trim('\'', '"');
        return names
            .Where(one => one.Name.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            .Select(one => new CompletionResult(Quote(one.Name), one.Name, CompletionResultType.ParameterValue, one.ToolTip));
    }

    private static string Quote(string name) => name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.')
        ? name
        : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
}
