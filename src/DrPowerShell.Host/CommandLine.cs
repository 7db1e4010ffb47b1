namespace DrPowerShell.Host;

/// <summary>What the program was asked to do.</summary>
internal abstract record CommandLine
{
    public const string Usage = """
        Usage:
          drps SCRIPT [ARGUMENTS]      run a script; -Name VALUE and plain words reach its param() block or $args
          drps -Command TEXT           run a command
          drps -Version                print the versions of drps and of the PowerShell engine
          drps -Help                   print this text

        drps runs DrPowerShell where .NET is installed and pwsh is not. It has the Core cmdlets of PowerShell 7.6 and the
        cmdlets of DrPowerShell, which are imported already; anything else needs pwsh.

        Exit codes: 0; 1 after a terminating error; N after 'exit N'; 64 when called wrongly; 130 after Ctrl+C.
        """;

    /// <summary>Run a script file.</summary>
    public sealed record Script(string Path, IReadOnlyList<string> Arguments) : CommandLine;

    /// <summary>Run a text.</summary>
    public sealed record Command(string Text) : CommandLine;

    /// <summary>Print the versions.</summary>
    public sealed record Version : CommandLine;

    /// <summary>Print the usage.</summary>
    public sealed record Help : CommandLine;

    /// <summary>Turn a module's documentation comments into help; part of the build.</summary>
    /// <param name="ModuleFolder">The importable module.</param>
    /// <param name="DocumentationFolder">Where the compiler put the XML documentation files.</param>
    /// <param name="OutputFile">The MAML file to write.</param>
    /// <param name="Strict">Whether a gap in the documentation is an error, not a warning.</param>
    public sealed record BuildHelp(string ModuleFolder, string DocumentationFolder, string OutputFile, bool Strict) : CommandLine;

    /// <summary>Called wrongly.</summary>
    public sealed record Wrong(string Reason) : CommandLine;

    /// <summary>Reads the program's arguments.</summary>
    public static CommandLine Parse(IReadOnlyList<string> words)
    {
        if (words.Count == 0)
        {
            return new Wrong("Neither a script nor a command was given.");
        }

        var rest = words.Skip(1).ToArray();
        switch (words[0].ToUpperInvariant())
        {
            case "-COMMAND" or "-C":
                return rest.Length > 0 ? new Command(string.Join(' ', rest)) : new Wrong("-Command needs the text to run.");
            case "-FILE" or "-F":
                return rest.Length > 0 ? new Script(rest[0], rest[1..]) : new Wrong("-File needs a script.");
            case "-VERSION" or "-V" or "--VERSION":
                return new Version();
            case "-HELP" or "-H" or "-?" or "--HELP":
                return new Help();
            case "-BUILDHELP":
                return rest.Length is 3 or 4
                    ? new BuildHelp(rest[0], rest[1], rest[2], rest.Length == 4 && rest[3] == "-Strict")
                    : new Wrong("-BuildHelp needs MODULE_DIR XMLDOC_DIR OUT [-Strict].");
            default:
                return words[0].StartsWith('-')
                    ? new Wrong($"{words[0]} is not an option of drps.")
                    : new Script(words[0], rest);
        }
    }
}
