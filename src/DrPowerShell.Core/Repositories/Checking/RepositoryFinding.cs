using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Repositories.Checking;

/// <summary>One thing that the check of a repository found.</summary>
/// <param name="Severity">Error: a backup is lost or must not be trusted, or a promise is broken that a restore depends on. Warning: somebody should look.</param>
/// <param name="Code">A stable name of the condition, such as <c>ObjectChanged</c>.</param>
/// <param name="Backup">The backup's id; null where it is about the repository as a whole.</param>
/// <param name="Text">What was found, as a sentence.</param>
public sealed record RepositoryFinding(FindingSeverity Severity, string Code, string? Backup, string Text)
{
    public override string ToString() => $"{Severity} {Code}{(Backup is null ? "" : " " + Backup)}: {Text}";
}
