namespace DrPowerShell.Core.Runbooks;

/// <summary>What became of a run.</summary>
public enum RunResult
{
    /// <summary>Its journal is open and its process lives.</summary>
    Running,

    /// <summary>Its journal is open and nobody works on it: Resume-RecoveryRun or Undo-RecoveryRun goes on.</summary>
    Interrupted,

    /// <summary>Done, and proven.</summary>
    Healthy,

    /// <summary>It failed before clients were let in, and everything is back as it was.</summary>
    Undone,

    /// <summary>It failed after clients had been let in, or was refused; nothing was undone.</summary>
    Failed,

    /// <summary>It failed, and so did a part of the undo: a person must look.</summary>
    UndoFailed,
}

/// <summary>What became of a step.</summary>
public enum StepOutcome
{
    /// <summary>Not begun.</summary>
    Pending,

    /// <summary>Begun and not finished.</summary>
    Begun,
    Succeeded,
    Failed,
    TimedOut,
    Cancelled,

    /// <summary>Taken back.</summary>
    Undone,
    UndoFailed,
}

/// <summary>One step of a run, as far as it has come.</summary>
public sealed record RecoveryStepResult
{
    /// <summary>The run's id.</summary>
    public required string Run { get; init; }

    /// <summary>From 1, as the plan counts.</summary>
    public required int Number { get; init; }

    public required string Id { get; init; }

    public required RecoveryPhase Phase { get; init; }

    public required string Host { get; init; }

    /// <summary>What it does.</summary>
    public required string Step { get; init; }

    public StepOutcome Outcome { get; init; }

    /// <summary>When its first attempt began, UTC.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>From its first attempt to its end; null while it has none.</summary>
    public TimeSpan? Duration { get; init; }

    public int Attempts { get; init; }

    /// <summary>What it found, or why it failed; null where there is nothing to tell.</summary>
    public string? Text { get; init; }

    /// <summary>The ErrorId of its last failure.</summary>
    public string? ErrorId { get; init; }
}

/// <summary>Something that a run found and a reader must know.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Code">Its stable name.</param>
/// <param name="Text">One sentence.</param>
public sealed record RecoveryFinding(RecoverySeverity Severity, string Code, string Text);

/// <summary>How much a finding matters.</summary>
public enum RecoverySeverity
{
    Information,
    Warning,
    Error,
}

/// <summary>One execution of a plan, as its journal tells it.</summary>
public sealed record RecoveryRun
{
    /// <summary>Such as restore-20261122T141530Z-7f3a.</summary>
    public required string Id { get; init; }

    /// <summary>restore, failover or drill.</summary>
    public required string Kind { get; init; }

    /// <summary>The cluster's name.</summary>
    public required string Target { get; init; }

    public RunResult Result { get; init; }

    /// <summary>UTC.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>When it ended, UTC; null while it has not.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>From the outage's start, else the run's, to the passed business verification; null where that did not come.</summary>
    public TimeSpan? Rto { get; init; }

    /// <summary>Whether <see cref="Rto"/> counts from a known start of the outage, and not from the run's.</summary>
    public bool IsRtoFromOutage { get; init; }

    /// <summary>How long the service may be gone.</summary>
    public TimeSpan? RtoTarget { get; init; }

    /// <summary>What was lost, as a time; null where it could not be measured.</summary>
    public TimeSpan? Loss { get; init; }

    /// <summary>How much may be lost.</summary>
    public TimeSpan? LossTarget { get; init; }

    public IReadOnlyList<RecoveryStepResult> Steps { get; init; } = [];

    public IReadOnlyList<RecoveryFinding> Findings { get; init; } = [];

    /// <summary>What each step published, by name: JSON.</summary>
    public IReadOnlyDictionary<string, System.Text.Json.JsonElement> Facts { get; init; } = new Dictionary<string, System.Text.Json.JsonElement>(StringComparer.Ordinal);

    /// <summary>user@host of whoever began it.</summary>
    public string Operator { get; init; } = "";

    /// <summary>user@host of those who resumed or undid it, in order.</summary>
    public IReadOnlyList<string> ResumedBy { get; init; } = [];

    /// <summary>Who approved it; empty where nobody had to.</summary>
    public IReadOnlyList<string> ApprovedBy { get; init; } = [];

    /// <summary>The request that was used up by it.</summary>
    public string? Request { get; init; }

    /// <summary>Why it went ahead without approval; null where it did not.</summary>
    public string? BreakGlass { get; init; }

    /// <summary>What went ahead without approval, and whose was asked for; null where nothing did.</summary>
    public string? NotApproved { get; init; }

    /// <summary>The digest of the plan, in lowercase hex.</summary>
    public string PlanDigest { get; init; } = "";

    /// <summary>The resolved plan.</summary>
    public System.Text.Json.JsonElement Plan { get; init; }

    /// <summary>The estate file that it was begun with; null where there was none.</summary>
    public string? Estate { get; init; }

    /// <summary>When clients were let in, UTC; null where they were not.</summary>
    public DateTimeOffset? PointOfNoReturn { get; init; }

    /// <summary>The journal's file; of a run that lies in a repository alone, its name there.</summary>
    public string Journal { get; init; } = "";

    /// <summary>The SHA-256 of the journal's last record, in lowercase hex.</summary>
    public string JournalHead { get; init; } = "";

    /// <summary>How many records the journal has.</summary>
    public int JournalRecords { get; init; }

    /// <summary>Whether its end is sealed.</summary>
    public bool IsSealed { get; init; }

    /// <summary>The repository that holds a copy of the journal; null where there is none.</summary>
    public string? Repository { get; init; }

    /// <summary>Whether a part of the journal could not be stored in the repository.</summary>
    public bool IsLocalOnly { get; init; }

    /// <summary>The file of the report, once one was written.</summary>
    public string? Report { get; init; }

    public override string ToString() => Id;
}
