using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using DrPowerShell.Core.Journal;

namespace DrPowerShell.Module.Completion;

/// <summary>Completes the ids of this machine's runs, the newest first.</summary>
public sealed class RunIdCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            var folder = RunFolder.Of(fakeBoundParameters["JournalDirectory"] is string given ? EstateNames.Full(given) : null);
            return [.. Names.Complete(wordToComplete, RunFolder.List(folder).Select(id => (id, id)))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RuntimeException or InvalidOperationException)
        {
            return [];
        }
    }
}
