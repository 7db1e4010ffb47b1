using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>Turns the exceptions that the product knows into error records: a stable id, a category, the user's input, what to do.</summary>
internal static class ErrorMapper
{
    // errno values of Linux; on macOS only EDQUOT differs (69).
    private const int EIO = 5;
    private const int ENOSPC = 28;
    private const int EROFS = 30;
    private const int EDQUOT = 122;
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Maps an exception; false for one that is not an error of ours (a bug, or the engine's own way to stop), which must be rethrown.</summary>
    public static bool TryMap(Exception exception, object? target, [NotNullWhen(true)] out ErrorRecord? record)
    {
        record = exception switch
        {
            AggregateException { InnerExceptions: [var only] } => TryMap(only, target, out var inner) ? inner : null,
            RecoveryException known => Record(known, known.ErrorId, Category(known.Kind), known.Subject ?? target, known.RecommendedAction),
            FileNotFoundException e => Record(e, "FileNotFound", ErrorCategory.ObjectNotFound, e.FileName ?? target, "Check the path."),
            DirectoryNotFoundException e => Record(e, "DirectoryNotFound", ErrorCategory.ObjectNotFound, target, "Check the path; create the folder first."),
            UnauthorizedAccessException e => Record(e, "AccessDenied", ErrorCategory.PermissionDenied, target,
                "Run as a user who may read and write there, or change the permissions of the path."),
            IOException e => Map(e, target),
            _ => null,
        };
        return record is not null;
    }

    private static ErrorRecord Map(IOException e, object? target) => e.HResult switch
    {
        ENOSPC or EDQUOT or WindowsDiskFull or WindowsHandleDiskFull => Record(e, "DiskFull", ErrorCategory.ResourceUnavailable, target,
            "Free space on that volume, or choose another one."),
        EROFS => Record(e, "FileSystemReadOnly", ErrorCategory.PermissionDenied, target, "Choose a volume that is mounted for writing."),
        EIO => Record(e, "DiskFailed", ErrorCategory.DeviceError, target,
            "The disk reports an error: look at the system log, and copy what can be read to another disk first."),
        _ => Record(e, "FileAccessFailed", ErrorCategory.ReadError, target, null),
    };

    private static ErrorRecord Record(Exception e, string id, ErrorCategory category, object? target, string? action)
    {
        var record = new ErrorRecord(e, id, category, target);
        if (action is not null)
        {
            record.ErrorDetails = new ErrorDetails(e.Message) { RecommendedAction = action };
        }

        return record;
    }

    private static ErrorCategory Category(FailureKind kind) => kind switch
    {
        FailureKind.InvalidInput => ErrorCategory.InvalidArgument,
        FailureKind.NotFound => ErrorCategory.ObjectNotFound,
        FailureKind.AlreadyExists => ErrorCategory.ResourceExists,
        FailureKind.Busy => ErrorCategory.ResourceBusy,
        FailureKind.InvalidData => ErrorCategory.InvalidData,
        FailureKind.Unreachable => ErrorCategory.ConnectionError,
        FailureKind.Timeout => ErrorCategory.OperationTimeout,
        FailureKind.Authentication => ErrorCategory.AuthenticationError,
        FailureKind.Permission => ErrorCategory.PermissionDenied,
        FailureKind.Security => ErrorCategory.SecurityError,
        FailureKind.DiskFull => ErrorCategory.ResourceUnavailable,
        FailureKind.ReadFailed => ErrorCategory.ReadError,
        FailureKind.WriteFailed => ErrorCategory.WriteError,
        FailureKind.NotInstalled => ErrorCategory.NotInstalled,
        FailureKind.InvalidState => ErrorCategory.InvalidOperation,
        FailureKind.Refused => ErrorCategory.InvalidOperation,
        _ => ErrorCategory.NotSpecified,
    };
}
