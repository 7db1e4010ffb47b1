namespace DrPowerShell.Host.Help;

/// <summary>The help of one cmdlet.</summary>
internal sealed record CmdletHelp
{
    public required string Verb { get; init; }

    public required string Noun { get; init; }

    public string Name => $"{Verb}-{Noun}";

    public required string Synopsis { get; init; }

    public required IReadOnlyList<string> Description { get; init; }

    /// <summary>The parameters of each set, in the order in which a call reads best.</summary>
    public required IReadOnlyList<IReadOnlyList<ParameterHelp>> Sets { get; init; }

    /// <summary>Every parameter once, in alphabetical order.</summary>
    public required IReadOnlyList<ParameterHelp> Parameters { get; init; }

    public required IReadOnlyList<TypeHelp> Inputs { get; init; }

    public required IReadOnlyList<TypeHelp> Outputs { get; init; }

    public required IReadOnlyList<ExampleHelp> Examples { get; init; }

    public required IReadOnlyList<string> RelatedCmdlets { get; init; }
}

/// <summary>The help of one parameter in one set.</summary>
internal sealed record ParameterHelp
{
    public required string Name { get; init; }

    public required Type Type { get; init; }

    public required IReadOnlyList<string> Description { get; init; }

    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>The only values it takes; empty where it takes any.</summary>
    public required IReadOnlyList<string> Values { get; init; }

    public bool Required { get; init; }

    public int? Position { get; init; }

    public bool ByValue { get; init; }

    public bool ByPropertyName { get; init; }

    public bool Wildcards { get; init; }

    public string? DefaultValue { get; init; }
}

/// <summary>A type that goes in or comes out, and what it is.</summary>
internal sealed record TypeHelp(string Name, string Description);

/// <summary>One example: what it is for, the commands, and what is to be said about them.</summary>
internal sealed record ExampleHelp(string Title, string Code, IReadOnlyList<string> Remarks);
