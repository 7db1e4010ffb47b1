using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A text is no repository's URI.</summary>
public sealed class RepositoryUriNotValidException(string text, string reason) : RecoveryException(
    FailureKind.InvalidInput,
    text,
    $"'{text}' names no repository: {reason}",
    "Write file:///folder, s3://bucket/prefix?endpoint=https://…&region=… or sftp://user@host/folder, or a name from the estate.");
