using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Reports;

/// <summary>What a report tells of a run: the run's record in the repository, and what the writers of all formats read. Its JSON is described by recovery-report.schema.json.</summary>
/// <remarks>Texts of steps, findings and checks are as they were journaled: in English, whatever the language of the report around them.</remarks>
public sealed record RecoveryReport
{
    public const string CurrentSchema = "drpowershell/recovery-report/1";

    public string Schema { get; init; } = CurrentSchema;

    /// <summary>The run's id.</summary>
    public required string Run { get; init; }

    /// <summary>restore, failover or drill.</summary>
    public required string Kind { get; init; }

    /// <summary>The cluster's name.</summary>
    public required string Target { get; init; }

    public required RunResult Result { get; init; }

    /// <summary>When the run began, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended, UTC; null while it has not.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>When clients were let in, UTC; null where they were not.</summary>
    public DateTimeOffset? PointOfNoReturn { get; init; }

    /// <summary>user@host of whoever began it.</summary>
    public required string Operator { get; init; }

    /// <summary>Who resumed or undid it, in order.</summary>
    public IReadOnlyList<string> ResumedBy { get; init; } = [];

    public required ReportApproval Approval { get; init; }

    /// <summary>What it failed of; null where it did not.</summary>
    public ReportFailure? Failure { get; init; }

    /// <summary>The one member that was replaced in a living cluster; null for a restore of all.</summary>
    public string? ReplacedMember { get; init; }

    /// <summary>Where the data came from; null where one member was replaced.</summary>
    public ReportSource? Source { get; init; }

    /// <summary>What the restore destroyed, as it was measured before; null where it was not.</summary>
    public RestoreImpact? Impact { get; init; }

    public required ReportRto Rto { get; init; }

    public required ReportLoss Loss { get; init; }

    public IReadOnlyList<ReportStep> Steps { get; init; } = [];

    /// <summary>The business checks.</summary>
    public IReadOnlyList<ReportCheck> Checks { get; init; } = [];

    public IReadOnlyList<RecoveryFinding> Findings { get; init; } = [];

    /// <summary>What was left behind on purpose.</summary>
    public IReadOnlyList<ReportKept> Kept { get; init; } = [];

    public required ReportJournal Journal { get; init; }

    /// <summary>The SHA-256 of what approvers agree to, in lowercase hex.</summary>
    public required string PlanDigest { get; init; }

    /// <summary>When the report was made, UTC.</summary>
    public required DateTimeOffset Generated { get; init; }

    /// <summary>The program that made it.</summary>
    public required string Tool { get; init; }
}

/// <summary>What let the run begin.</summary>
public sealed record ReportApproval
{
    /// <summary>The request that was used up by it.</summary>
    public string? Request { get; init; }

    /// <summary>Who approved it; empty where nobody had to.</summary>
    public IReadOnlyList<string> ApprovedBy { get; init; } = [];

    /// <summary>Why it went ahead without approval; null where it did not.</summary>
    public string? BreakGlass { get; init; }

    /// <summary>What went ahead without approval, and whose was asked for; null where nothing did.</summary>
    public string? NotApproved { get; init; }
}

/// <summary>What a run failed of.</summary>
/// <param name="Step">The id of the step.</param>
/// <param name="Title">What that step does.</param>
/// <param name="Host">Where it worked.</param>
/// <param name="ErrorId">The stable name of the error.</param>
/// <param name="Text">What the step said.</param>
public sealed record ReportFailure(string Step, string Title, string Host, string ErrorId, string? Text);

/// <summary>Where the data came from, and what was made of it.</summary>
public sealed record ReportSource
{
    public required RestoreSourceKind Kind { get; init; }

    /// <summary>The member that it came from.</summary>
    public string? Member { get; init; }

    /// <summary>The repository, by the estate's name.</summary>
    public string? Repository { get; init; }

    /// <summary>The backup's id, or the file's path.</summary>
    public string? Name { get; init; }

    /// <summary>The SHA-256 of the plain snapshot, in lowercase hex.</summary>
    public string? Sha256 { get; init; }

    public long? Revision { get; init; }

    /// <summary>The moment up to which it holds all that was written, UTC.</summary>
    public DateTimeOffset? Taken { get; init; }

    /// <summary>Its length in bytes, plain.</summary>
    public long? Size { get; init; }

    /// <summary>The id of the cluster that was made of it.</summary>
    public string? ClusterId { get; init; }

    /// <summary>By how much the revision was raised.</summary>
    public long? RevisionBump { get; init; }

    /// <summary>The HashKV that every restored member had to answer with.</summary>
    public string? HashKv { get; init; }
}

/// <summary>Service lost, as a time.</summary>
public sealed record ReportRto
{
    public TimeSpan? Target { get; init; }

    /// <summary>Null where the business verification did not pass.</summary>
    public TimeSpan? Measured { get; init; }

    /// <summary>Null where one of the two is missing.</summary>
    public bool? IsMet { get; init; }

    /// <summary>Whether it counts from a known start of the outage, and not from the run's.</summary>
    public required bool IsFromOutage { get; init; }

    /// <summary>What it counts from, UTC; null where only that it was an outage is known.</summary>
    public DateTimeOffset? CountedFrom { get; init; }
}

/// <summary>Data lost, as a time.</summary>
public sealed record ReportLoss
{
    public TimeSpan? Target { get; init; }

    /// <summary>The last moment at which the old cluster is known to have accepted a write, minus the snapshot's time; null where none is known.</summary>
    public TimeSpan? Measured { get; init; }

    /// <summary>Null where one of the two is missing.</summary>
    public bool? IsMet { get; init; }

    /// <summary>The upper bound: the snapshot's age.</summary>
    public TimeSpan? AtMost { get; init; }

    /// <summary>The largest loss that was accepted by name.</summary>
    public TimeSpan? Accepted { get; init; }

    /// <summary>The last moment at which the old cluster is known to have accepted a write, UTC.</summary>
    public DateTimeOffset? LastWrite { get; init; }

    /// <summary>What tells it.</summary>
    public LastWriteEvidence LastWriteFrom { get; init; }
}

/// <summary>One step.</summary>
public sealed record ReportStep
{
    public required int Number { get; init; }

    public required string Id { get; init; }

    public required RecoveryPhase Phase { get; init; }

    public required string Host { get; init; }

    public required string Title { get; init; }

    public required StepOutcome Outcome { get; init; }

    /// <summary>When its first attempt began, UTC; null where none did.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>From its first attempt to its end.</summary>
    public TimeSpan? Duration { get; init; }

    public required int Attempts { get; init; }

    /// <summary>What it said.</summary>
    public string? Text { get; init; }

    public string? ErrorId { get; init; }
}

/// <summary>One business check.</summary>
public sealed record ReportCheck
{
    public required string Name { get; init; }

    /// <summary>Such as Http; null where only its step is known.</summary>
    public string? Kind { get; init; }

    /// <summary>Null where it was not asked.</summary>
    public bool? Passed { get; init; }

    public int? Attempts { get; init; }

    public TimeSpan? Duration { get; init; }

    /// <summary>How long the last answer took.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>What was found.</summary>
    public string? Text { get; init; }
}

/// <summary>Something that was left behind on purpose.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Host">Where it lies; "local" for the machine that ran the restore.</param>
/// <param name="Path">Its path there.</param>
/// <param name="IsCertain">Whether the step that put it there said that it had.</param>
public sealed record ReportKept(ReportKeptKind Kind, string Host, string Path, bool IsCertain);

/// <summary>What was left behind.</summary>
public enum ReportKeptKind
{
    /// <summary>The data of a member before the run.</summary>
    OldData,

    /// <summary>The snapshot that was taken of a member that still answered.</summary>
    LastSnapshot,
}

/// <summary>The journal, which proves the report.</summary>
public sealed record ReportJournal
{
    public required string Path { get; init; }

    /// <summary>The SHA-256 of its last record, in lowercase hex.</summary>
    public required string Head { get; init; }

    public required bool IsSealed { get; init; }

    /// <summary>The repository that holds a copy.</summary>
    public string? Repository { get; init; }

    /// <summary>Whether a part of it could not be stored there.</summary>
    public required bool IsLocalOnly { get; init; }
}
