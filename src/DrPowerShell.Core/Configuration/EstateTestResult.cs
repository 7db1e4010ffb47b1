namespace DrPowerShell.Core.Configuration;

/// <summary>What was found in an estate file.</summary>
public sealed record EstateTestResult
{
    public required string Path { get; init; }

    /// <summary>Whether it could be used as it is.</summary>
    public bool IsValid => Mistakes.Count == 0;

    /// <summary>All mistakes, in the order of the file.</summary>
    public IReadOnlyList<EstateMistake> Mistakes { get; init; } = [];

    public IReadOnlyList<string> Clusters { get; init; } = [];

    public IReadOnlyList<string> Repositories { get; init; } = [];

    public IReadOnlyList<string> Schedules { get; init; } = [];
}
