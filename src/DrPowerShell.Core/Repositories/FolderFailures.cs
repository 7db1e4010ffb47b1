using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Repositories;

/// <summary>Gives the failures of a folder their types.</summary>
internal static class FolderFailures
{
    private const int ReadOnlyFileSystem = 30;
    private const int WindowsWriteProtected = unchecked((int)0x80070013);

    public static RecoveryException Typed(Uri store, string root, string act, Exception error) => error switch
    {
        _ when DiskErrors.IsDiskFull(error) => new StoreFullException(store, $"{act}: {error.Message}", error),
        IOException { HResult: ReadOnlyFileSystem or WindowsWriteProtected } => new StoreReadOnlyException(store, act, error.Message, error),
        UnauthorizedAccessException => new StoreAccessDeniedException(store, act, error.Message, error),
        _ when !Directory.Exists(root) => new StoreFolderNotFoundException(store, root),
        _ => new StoreFailedException(store, act, error.Message, error),
    };
}
