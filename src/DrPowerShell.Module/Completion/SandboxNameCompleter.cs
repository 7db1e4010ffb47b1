using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using DrPowerShell.Module.Connections;

namespace DrPowerShell.Module.Completion;

/// <summary>Completes the names of the session's sandboxes.</summary>
public sealed class SandboxNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Names.Complete(wordToComplete, DrSession.Current.Sandboxes.Running.Select(sandbox =>
            (sandbox.Name, $"etcd {sandbox.Version}, {string.Join(", ", sandbox.Endpoints.Select(endpoint => endpoint.Authority))}")));
}
