using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace DrPowerShell.Module.Completion;

/// <summary>Completes -BumpRevision.</summary>
public sealed class BumpCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        if ("Auto".StartsWith(wordToComplete, StringComparison.OrdinalIgnoreCase))
        {
            yield return new CompletionResult("Auto", "Auto", CompletionResultType.ParameterValue, "By what clients may have seen, and a margin.");
        }
    }
}
