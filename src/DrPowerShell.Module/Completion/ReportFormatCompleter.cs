using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using DrPowerShell.Core.Reports.Writers;

namespace DrPowerShell.Module.Completion;

/// <summary>Completes the formats of reports.</summary>
public sealed class ReportFormatCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Names.Complete(wordToComplete, ReportWriters.All.Select(writer => (writer.Format.ToString(), "*" + writer.Ending)));
}
