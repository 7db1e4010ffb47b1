using System.Management.Automation.Language;

namespace DrPowerShell.Host.Help;

/// <summary>Finds what the help of a cmdlet lacks: every one has a synopsis, two examples that parse, and a word on each parameter.</summary>
internal static class HelpGaps
{
    private const int ExamplesNeeded = 2;

    public static IEnumerable<string> Find(CmdletHelp help)
    {
        if (help.Synopsis.Length == 0)
        {
            yield return $"{help.Name} has no synopsis: its class needs a <summary>.";
        }

        foreach (var parameter in help.Parameters.Where(parameter => parameter.Description.Count == 0))
        {
            yield return $"{help.Name} -{parameter.Name} has no description: the property needs a <summary>.";
        }

        if (help.Examples.Count < ExamplesNeeded)
        {
            yield return $"{help.Name} has {help.Examples.Count} of {ExamplesNeeded} examples: its class needs <example><para>..</para><code>..</code></example>.";
        }

        if (help.Outputs.Count == 0)
        {
            yield return $"{help.Name} has no OutputType.";
        }

        for (var index = 0; index < help.Examples.Count; index++)
        {
            var example = help.Examples[index];
            if (example.Code.Length == 0 || example.Title.Length == 0)
            {
                yield return $"{help.Name}, example {index + 1}, lacks its code or the paragraph before it that says what it is for.";
            }

            Parser.ParseInput(example.Code, out _, out var errors);
            foreach (var error in errors)
            {
                yield return $"{help.Name}, example {index + 1}, does not parse: {error.Message}";
            }
        }
    }
}
