using System.Text.Json;
using System.Text.Json.Serialization;

namespace DrPowerShell.Core.Journal;

/// <summary>What a record of a journal tells.</summary>
public enum JournalRecordKind
{
    /// <summary>The first: the run, its plan and all its steps (<see cref="RunBegun"/>).</summary>
    RunBegun,

    /// <summary>Another process has taken the run over; the text says who, and why.</summary>
    Resumed,

    /// <summary>An attempt at a step is about to begin.</summary>
    StepBegun,

    /// <summary>A step has published a fact, or recorded what its undo must know.</summary>
    Fact,

    StepFinished,

    /// <summary>An attempt at a step has failed (<see cref="StepFailure"/>).</summary>
    StepFailed,

    /// <summary>Clients are about to be let in: nothing is undone from here on.</summary>
    PointOfNoReturn,

    /// <summary>An attempt at the undo of a step is about to begin.</summary>
    UndoBegun,

    UndoFinished,

    /// <summary>An attempt at an undo has failed (<see cref="StepFailure"/>).</summary>
    UndoFailed,

    /// <summary>Something that a reader must know (<c>RecoveryFinding</c>).</summary>
    Finding,

    /// <summary>Who approved, or why it went ahead without (<see cref="ApprovalUsed"/>).</summary>
    Approval,

    /// <summary>The run has ended (<see cref="RunFinished"/>).</summary>
    RunFinished,

    /// <summary>The last: count and head of all before it, signed where there is a key (<see cref="JournalSeal"/>).</summary>
    Seal,
}

/// <summary>One line of a journal.</summary>
/// <remarks>
/// Format: one JSON object a line, UTF-8, camelCase, nulls left out, ended by a line feed. <c>previous</c> is the SHA-256, in lowercase hex, of the
/// bytes of the line before without its line feed; 64 zeros in the first. In a repository each line is an object <c>.runs/RUN/NNNNNN.json</c>.
/// </remarks>
public sealed record JournalRecord
{
    /// <summary>From 1, without gaps.</summary>
    public required int Sequence { get; init; }

    /// <summary>UTC, by the clock of the machine that wrote it.</summary>
    public required DateTimeOffset Time { get; init; }

    public required JournalRecordKind Kind { get; init; }

    /// <summary>The step's id; null where it is about the run.</summary>
    public string? Step { get; init; }

    /// <summary>A fact's name, else one sentence.</summary>
    public string? Text { get; init; }

    /// <summary>What belongs to the kind.</summary>
    public JsonElement? Data { get; init; }

    public required string Previous { get; init; }
}

/// <summary>What the first record holds.</summary>
public sealed record RunBegun
{
    public required string Run { get; init; }

    /// <summary>restore, failover or drill.</summary>
    public required string Kind { get; init; }

    public required string Target { get; init; }

    /// <summary>user@host.</summary>
    public required string Operator { get; init; }

    /// <summary>The version of this tool.</summary>
    public required string Tool { get; init; }

    /// <summary>The estate file; null where there was none.</summary>
    public string? Estate { get; init; }

    /// <summary>The repository that keeps the journal, by the estate's name.</summary>
    public string? Repository { get; init; }

    public TimeSpan? Rto { get; init; }

    public TimeSpan? Rpo { get; init; }

    public DateTimeOffset? OutageStart { get; init; }

    public required string PlanDigest { get; init; }

    public required JsonElement Plan { get; init; }

    public required IReadOnlyList<Runbooks.RecoveryPlanStep> Steps { get; init; }
}

/// <summary>Why an attempt failed.</summary>
public sealed record StepFailure(string ErrorId, string Text, string? Advice, bool TimedOut, bool Cancelled, bool WillRetry);

/// <summary>What let a run begin.</summary>
public sealed record ApprovalUsed
{
    public string? Request { get; init; }

    public string? Requester { get; init; }

    public IReadOnlyList<string> Approvers { get; init; } = [];

    /// <summary>Why it went ahead without approval.</summary>
    public string? BreakGlass { get; init; }

    /// <summary>What went ahead without approval, and whose was asked for.</summary>
    public string? NotApproved { get; init; }
}

/// <summary>How a run ended.</summary>
public sealed record RunFinished(Runbooks.RunResult Result, TimeSpan? Rto, TimeSpan? Loss);

/// <summary>What closes a journal.</summary>
/// <param name="Count">How many records come before the seal.</param>
/// <param name="Head">The SHA-256 of the last of them; the seal's own <c>previous</c>.</param>
/// <param name="Signature">Over the UTF-8 text <c>RUN:COUNT:HEAD:TIME</c>, TIME being the record's as <c>yyyy-MM-ddTHH:mm:ss.fffffffZ</c>; null where there was no key.</param>
/// <param name="Check">The SHA-256 of the seal's own line as it is without its check, in lowercase hex: no record comes after it that would tell of a change.</param>
public sealed record JournalSeal(int Count, string Head, Repositories.Manifests.ManifestSignature? Signature, string? Check = null);

/// <summary>The JSON of journals.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(JournalRecord))]
[JsonSerializable(typeof(RunBegun))]
[JsonSerializable(typeof(StepFailure))]
[JsonSerializable(typeof(ApprovalUsed))]
[JsonSerializable(typeof(RunFinished))]
[JsonSerializable(typeof(JournalSeal))]
[JsonSerializable(typeof(Runbooks.RecoveryFinding))]
public sealed partial class JournalJson : JsonSerializerContext;
