using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using DrPowerShell.Module.Connections;

namespace DrPowerShell.Module.Completion;

/// <summary>Completes the names of open connections.</summary>
public sealed class ConnectionNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var typed = wordToComplete.Trim('\'', '"');
        foreach (var connection in ConnectionRegistry.Current.Open)
        {
            if (connection.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            {
                var text = connection.Name.Any(c => !char.IsLetterOrDigit(c) && c is not ('-' or '_' or '.'))
                    ? $"'{CodeGeneration.EscapeSingleQuotedStringContent(connection.Name)}'"
                    : connection.Name;
                yield return new CompletionResult(
                    text, connection.Name, CompletionResultType.ParameterValue, string.Join(", ", connection.Endpoints.Select(endpoint => endpoint.Authority)));
            }
        }
    }
}
