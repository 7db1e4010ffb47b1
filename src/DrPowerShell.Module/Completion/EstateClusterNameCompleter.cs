using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace DrPowerShell.Module.Completion;

/// <summary>Completes the names of the estate's clusters.</summary>
public sealed class EstateClusterNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Names.Complete(wordToComplete, EstateNames.Clusters(fakeBoundParameters));
}
