using System.Text.Json;

namespace DrPowerShell.Core.Runbooks;

/// <summary>How far a run has come, as its journal tells: where the executor goes on from.</summary>
public sealed record RunState
{
    /// <summary>A run that has not begun.</summary>
    public static RunState Fresh { get; } = new();

    /// <summary>The steps that were begun, in the order in which they were begun.</summary>
    public IReadOnlyList<string> Begun { get; init; } = [];

    /// <summary>Those of them that were finished.</summary>
    public IReadOnlySet<string> Finished { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>The steps whose undo was begun.</summary>
    public IReadOnlySet<string> TakingBack { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Those of them that were taken back.</summary>
    public IReadOnlySet<string> TakenBack { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, JsonElement> Facts { get; init; } = new Dictionary<string, JsonElement>(StringComparer.Ordinal);

    public bool IsPastPointOfNoReturn { get; init; }

    /// <summary>Whether an undo was begun: from then on the only way is back.</summary>
    public bool IsUndoing { get; init; }
}

/// <summary>How an execution ended.</summary>
/// <param name="Result">Healthy, Undone, Failed or UndoFailed.</param>
/// <param name="Failure">What ended it; null where it is healthy.</param>
/// <param name="FailedStep">The step that failed.</param>
/// <param name="FailedUndo">The step that could not be taken back.</param>
/// <param name="HasChanged">Whether a step that changes something had been begun.</param>
public sealed record ExecutionResult(RunResult Result, Exception? Failure = null, string? FailedStep = null, string? FailedUndo = null, bool HasChanged = false);
