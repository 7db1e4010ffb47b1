using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace DrPowerShell.Module.Completion;

/// <summary>Completes the names of the members of the cluster that -Cluster or -Restore names.</summary>
public sealed class MemberNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Names.Complete(wordToComplete, EstateNames.Of(fakeBoundParameters, estate =>
            (fakeBoundParameters["Cluster"] ?? fakeBoundParameters["Restore"]) is string cluster && estate.Clusters.TryGetValue(cluster, out var section)
                ? section.Members.Select(member => (member.Key, member.Value.Host))
                : []));
}
