namespace DrPowerShell.Core.Repositories.Copying;

/// <summary>How backups are copied.</summary>
public sealed record CopyOptions
{
    /// <summary>Read every object at the destination back and hash it, also those that were there already.</summary>
    public bool ReadBack { get; init; }

    /// <summary>Copy plain backups also into a repository that keeps encrypted ones.</summary>
    public bool AllowPlain { get; init; }
}

/// <summary>What became of a copy.</summary>
public enum CopyOutcome
{
    /// <summary>The backup is new at the destination.</summary>
    Copied,

    /// <summary>It was there, and an object or proof that was missing or damaged was sent again.</summary>
    Completed,

    /// <summary>It was there, and nothing was missing.</summary>
    AlreadyThere,
}
