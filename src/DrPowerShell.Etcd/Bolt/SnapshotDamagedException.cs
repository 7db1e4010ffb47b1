using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Etcd.Bolt;

/// <summary>A database page cannot be read as what it should be.</summary>
/// <param name="name">The file.</param>
/// <param name="code">The stable code of the finding, such as <c>PageOutOfRange</c>.</param>
/// <param name="page">The page, where one is to blame.</param>
/// <param name="text">What is wrong, as a sentence.</param>
public sealed class SnapshotDamagedException(string name, string code, PageId? page, string text)
    : RecoveryException(
        FailureKind.InvalidData,
        name,
        page is null ? $"'{name}' is damaged: {text}" : $"'{name}' is damaged at page {page}: {text}",
        "Run 'Test-EtcdSnapshot -Level Full' on it for the whole list of what is wrong, and use another snapshot.")
{
    /// <summary>The stable code of the damage.</summary>
    public string Code { get; } = code;

    /// <summary>The page to blame, where there is one.</summary>
    public PageId? Page { get; } = page;

    /// <summary>What is wrong, without the file's name.</summary>
    public string Text { get; } = text;
}

/// <summary>A file is no bbolt database at all: neither meta page is valid.</summary>
public sealed class NotAnEtcdSnapshotException(string name, string reason)
    : RecoveryException(
        FailureKind.InvalidData,
        name,
        $"'{name}' is not an etcd snapshot or database: {reason}",
        "Name a file made by Backup-EtcdSnapshot or 'etcdctl snapshot save', or the 'member/snap/db' of a stopped member.");
