namespace DrPowerShell.Etcd.Errors;

/// <summary>What kind of failure an exception tells of; the module turns it into a PowerShell error category.</summary>
public enum FailureKind
{
    InvalidInput,
    NotFound,
    AlreadyExists,
    Busy,
    InvalidData,
    Unreachable,
    Timeout,
    Authentication,
    Permission,
    Security,
    DiskFull,
    ReadFailed,
    WriteFailed,
    NotInstalled,
    InvalidState,
    Refused,
}

/// <summary>
/// The base of every error that the product raises on purpose: a sentence for the user, what they should do about it, and what it is about.
/// </summary>
/// <remarks>
/// The stable ErrorId is the name of the sealed type without "Exception", so a type's name is public contract and each condition has its own.
/// </remarks>
public abstract class RecoveryException : Exception
{
    protected RecoveryException(FailureKind kind, object? subject, string message, string? recommendedAction = null, Exception? inner = null)
        : base(message, inner)
    {
        Kind = kind;
        Subject = subject;
        RecommendedAction = recommendedAction;
    }

    /// <summary>The kind of failure.</summary>
    public FailureKind Kind { get; }

    /// <summary>What the error is about, in the user's own terms: a path, an endpoint, a key, a member's name.</summary>
    public object? Subject { get; }

    /// <summary>One sentence that tells a person what to do, or null where nothing is to be done.</summary>
    public string? RecommendedAction { get; }

    /// <summary>The stable id of this error: the type's name without "Exception".</summary>
    public string ErrorId
    {
        get
        {
            var name = GetType().Name;
            return name.EndsWith("Exception", StringComparison.Ordinal) ? name[..^"Exception".Length] : name;
        }
    }
}
