using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>The check of a repository found what -FailOn names.</summary>
public sealed class RepositoryTestFailedException(string repository, int count, string first) : RecoveryException(
    FailureKind.InvalidData,
    repository,
    $"The repository '{repository}' did not pass: {first}{(count > 1 ? $" ({count - 1} more)" : "")}",
    "Look at the Findings of the result; each says what to do.");
