using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using DrPowerShell.Module.Connections;

namespace DrPowerShell.Module.Completion;

/// <summary>Completes the names of open connections and of the estate's clusters.</summary>
public sealed class ClusterNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Names.Complete(wordToComplete, DrSession.Current.Connections.Open
            .Select(connection => (connection.Name, ToolTip: string.Join(", ", connection.Endpoints.Select(endpoint => endpoint.Authority))))
            .Concat(EstateNames.Clusters(fakeBoundParameters))
            .DistinctBy(one => one.Name, StringComparer.OrdinalIgnoreCase));
}
