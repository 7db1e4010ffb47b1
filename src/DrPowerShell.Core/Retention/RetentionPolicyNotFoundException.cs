using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Retention;

/// <summary>The estate names no such retention policy.</summary>
public sealed class RetentionPolicyNotFoundException(string name, IReadOnlyCollection<string> known) : RecoveryException(
    FailureKind.NotFound,
    name,
    $"There is no retention policy '{name}' in the estate{(known.Count == 0 ? "" : ": it names " + string.Join(", ", known))}.",
    "Check the name, or say -KeepLast, -KeepDaily and so on instead.");
