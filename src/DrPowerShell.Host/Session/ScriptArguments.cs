using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;

namespace DrPowerShell.Host.Session;

/// <summary>Turns the words after the script's name into what its <c>param()</c> block or <c>$args</c> receives, as <c>pwsh -File</c> does.</summary>
internal static partial class ScriptArguments
{
    /// <summary>Reads <c>-Name value</c>, <c>-Name:value</c>, <c>-Switch</c>, <c>-Switch:$false</c> and plain words; <c>-5</c> is a plain word.</summary>
    public static IEnumerable<CommandParameter> Parse(IEnumerable<string> words)
    {
        foreach (var word in words)
        {
            var match = Named().Match(word);
            if (!match.Success)
            {
                yield return new CommandParameter(null, word);
            }
            else if (!match.Groups["colon"].Success)
            {
                // A bare parameter: the engine pairs it with the word that follows unless it is a switch.
                yield return new CommandParameter(match.Groups["name"].Value);
            }
            else
            {
                yield return new CommandParameter(match.Groups["name"].Value + ":", Value(match.Groups["value"].Value));
            }
        }
    }

    private static object Value(string text) => text.ToUpperInvariant() switch
    {
        "$TRUE" => true,
        "$FALSE" => false,
        _ => text,
    };

    [GeneratedRegex(@"^(?<name>-[A-Za-z_?][\w-]*)((?<colon>:)(?<value>.*))?$", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Named();
}
