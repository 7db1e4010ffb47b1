namespace DrPowerShell.Core.Checks;

/// <summary>What came of a business check.</summary>
public sealed record CheckResult
{
    public required string Name { get; init; }

    public required CheckKind Kind { get; init; }

    public required bool Passed { get; init; }

    /// <summary>How often it was asked.</summary>
    public required int Attempts { get; init; }

    /// <summary>From the first attempt to the end, pauses included.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How long the last answer took; null where there was none.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>What was found, or why the last attempt failed, in one line. Never a secret, and nothing of what pages, keys and outputs hold.</summary>
    public required string Text { get; init; }

    public override string ToString() => $"{Name}: {(Passed ? "passed" : "failed")}, {Text}";
}
