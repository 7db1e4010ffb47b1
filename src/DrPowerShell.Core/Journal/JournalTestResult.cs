namespace DrPowerShell.Core.Journal;

/// <summary>What a journal is worth.</summary>
public enum JournalStatus
{
    /// <summary>Whole, and closed by its seal: a trusted one where the estate names whom it trusts.</summary>
    Sealed,

    /// <summary>Whole as far as it goes, without a seal that closes it: what comes after its last record, if anything, is missing.</summary>
    Open,

    /// <summary>Edited, cut off or put together wrongly.</summary>
    Broken,
}

/// <summary>Something wrong with a journal.</summary>
/// <param name="Code">RecordEdited, RecordMissing, RecordReordered, CutOff, CopyBehind, SealMissing, SealNotValid or NotTrusted.</param>
/// <param name="Sequence">The record that it is about; 0 for the whole.</param>
/// <param name="Text">One sentence.</param>
/// <param name="Severity">Error where the journal is not to be believed; Warning where it only has no end yet, or no whole copy.</param>
public sealed record JournalFinding(string Code, int Sequence, string Text, Runbooks.RecoverySeverity Severity)
{
    public const string RecordEdited = nameof(RecordEdited);
    public const string RecordMissing = nameof(RecordMissing);
    public const string RecordReordered = nameof(RecordReordered);
    public const string CutOff = nameof(CutOff);
    public const string CopyBehind = nameof(CopyBehind);
    public const string SealMissing = nameof(SealMissing);
    public const string SealNotValid = nameof(SealNotValid);
    public const string NotTrusted = nameof(NotTrusted);

    public override string ToString() => $"{Code}: {Text}";
}

/// <summary>The result of testing a journal.</summary>
public sealed record JournalTestResult
{
    /// <summary>The run that it tells of.</summary>
    public required string Run { get; init; }

    public required JournalStatus Status { get; init; }

    /// <summary>How many records it has, the seal included.</summary>
    public required int Records { get; init; }

    /// <summary>The SHA-256 of the last record, in lowercase hex.</summary>
    public required string Head { get; init; }

    /// <summary>The key that signed the seal; null where none did.</summary>
    public string? SignedBy { get; init; }

    public required IReadOnlyList<JournalFinding> Findings { get; init; }

    /// <summary>Where it was read.</summary>
    public string Path { get; init; } = "";

    /// <summary>The repository whose copy it was compared with; null where there was none.</summary>
    public string? Repository { get; init; }

    internal IReadOnlyList<JournalRecord> All { get; init; } = [];

    public override string ToString() => $"{Run}: {Status}";
}
