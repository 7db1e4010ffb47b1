using System.Diagnostics;

namespace DrPowerShell.Host.Session;

/// <summary>Tells a terminating error from one that a cmdlet only wrote.</summary>
/// <remarks>
/// A terminating error that nothing catches ends its statement; the script goes on, as in pwsh, and the record in the error stream looks like
/// any other. A scheduler must learn of it all the same, so the exit code is 1. Where the engine reports such an error, its exception handling
/// is on the stack while the stream takes the record.
/// </remarks>
internal static class TerminatingErrors
{
    private const string Reporter = "System.Management.Automation.ExceptionHandlingOps";

    /// <summary>Call it on the pipeline thread, while the error stream takes the record.</summary>
    public static bool IsBeingReported() =>
        new StackTrace(fNeedFileInfo: false).GetFrames().Any(frame => frame.GetMethod()?.DeclaringType?.FullName == Reporter);
}
