using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using DrPowerShell.Core.Journal;
using DrPowerShell.Module.Pipeline;

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
            var folder = EstateNames.Full(fakeBoundParameters["JournalDirectory"] as string)
                ?? SessionPaths.RunsIn(EstateNames.Full(SessionPaths.Named(RunFolder.Variable)) ?? RunFolder.State);
            return [.. Names.Complete(wordToComplete, RunFolder.List(folder).Select(id => (id, id)))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RuntimeException or InvalidOperationException)
        {
            return [];
        }
    }
}
