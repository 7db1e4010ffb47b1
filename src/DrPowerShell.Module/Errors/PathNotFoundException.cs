using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>A path that the user gave names no file.</summary>
public sealed class PathNotFoundException(string path, Exception? inner = null) : RecoveryException(
    FailureKind.NotFound,
    path,
    $"No file matches '{path}'.",
    "Check the path; it is taken from the session's current location. Use -LiteralPath for names that hold [, ], * or ?.",
    inner);
