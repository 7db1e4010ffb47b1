using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>The estate names no such repository.</summary>
public sealed class RepositoryNotFoundException(string name, IReadOnlyCollection<string> known) : RecoveryException(
    FailureKind.NotFound,
    name,
    $"There is no repository '{name}' in the estate{(known.Count == 0 ? "" : ": it names " + string.Join(", ", known))}.",
    "Check the name, or give a URI such as s3://bucket/prefix, or a folder's path that begins with ./ or /.");
