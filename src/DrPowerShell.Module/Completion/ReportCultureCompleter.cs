using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using DrPowerShell.Core.Reports;

namespace DrPowerShell.Module.Completion;

/// <summary>Completes the cultures that reports are written in.</summary>
public sealed class ReportCultureCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Names.Complete(wordToComplete, ReportCulture.Names.Select(name => (name, Native(name))));

    private static string Native(string name)
    {
        try
        {
            return CultureInfo.GetCultureInfo(name).NativeName;
        }
        catch (CultureNotFoundException)
        {
            return name;
        }
    }
}
