using System.Globalization;

namespace DrPowerShell.Core.Repositories;

/// <summary>The names of a repository's objects: everything of a backup lies in its cluster's folder and begins with its id.</summary>
public static class BackupNames
{
    public const string ManifestEnding = ".manifest.json";
    public const string PendingEnding = ".pending";

    private const string ProofMark = ".proof-";
    private const string ProofTime = "yyyyMMdd'T'HHmmssfff'Z'";

    /// <summary>The folder of a repository's own lock marks; no cluster's folder begins with a dot.</summary>
    public const string LockFolder = ".lock/";

    /// <summary>The folder of requests and approvals (<see cref="Approvals.ApprovalBundle"/>).</summary>
    public const string RequestFolder = ".requests/";

    /// <summary>The folder of runs: their journals as <c>.runs/RUN/NNNNNN.json</c>, and beside those the record and the report of each.</summary>
    public const string RunFolder = ".runs/";

    public static string Folder(BackupId id) => id.Cluster + "/";

    /// <summary>The snapshot: <c>CLUSTER/ID.db[.zst][.age]</c>.</summary>
    public static string Snapshot(BackupId id, bool compressed, bool encrypted) => $"{id.Cluster}/{id}.db{(compressed ? ".zst" : "")}{(encrypted ? ".age" : "")}";

    /// <summary>The archive of files beside etcd: <c>CLUSTER/ID.files.tar[.zst][.age]</c>.</summary>
    public static string Files(BackupId id, bool compressed, bool encrypted) => $"{id.Cluster}/{id}.files.tar{(compressed ? ".zst" : "")}{(encrypted ? ".age" : "")}";

    public static string Manifest(BackupId id) => $"{id.Cluster}/{id}{ManifestEnding}";

    public static string Pending(BackupId id) => $"{id.Cluster}/{id}{PendingEnding}";

    public static string Proof(BackupId id, DateTimeOffset time) =>
        $"{id.Cluster}/{id}{ProofMark}{time.ToUniversalTime().ToString(ProofTime, CultureInfo.InvariantCulture)}.json";

    /// <summary>Says which run has used a request up.</summary>
    public static string RequestUse(string request) => $"{RequestFolder}{request}.used.json";

    /// <summary>The report of a run, for people.</summary>
    public static string RunReport(string run) => $"{RunFolder}{run}/report.html";

    /// <summary>The record of a run, for programs.</summary>
    public static string RunRecord(string run) => $"{RunFolder}{run}/run.json";

    /// <summary>Whether an object of a run's folder is a record of its journal, <c>NNNNNN.json</c>, and not a report beside them.</summary>
    public static bool IsJournalRecord(string name) =>
        name.StartsWith(RunFolder, StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal)
        && name[(name.LastIndexOf('/') + 1)..^".json".Length] is { Length: >= 6 } number && number.All(char.IsAsciiDigit);

    /// <summary>What an object is, by its name; <see cref="BackupObjectKind.Foreign"/> for one that is not ours.</summary>
    public static (BackupObjectKind Kind, BackupId Id) Read(string name)
    {
        if (name.StartsWith(LockFolder, StringComparison.Ordinal))
        {
            return (BackupObjectKind.Lock, default);
        }

        if (name.StartsWith(RunFolder, StringComparison.Ordinal))
        {
            return (BackupObjectKind.Run, default);
        }

        if (name.StartsWith(RequestFolder, StringComparison.Ordinal))
        {
            return (BackupObjectKind.Request, default);
        }

        var slash = name.IndexOf('/', StringComparison.Ordinal);
        // After the time and the suffix comes the first dot of the ending; the cluster's own name may hold dots.
        for (var dot = slash < 0 ? -1 : name.IndexOf('.', slash); dot > 0; dot = name.IndexOf('.', dot + 1))
        {
            if (BackupId.TryParse(name[(slash + 1)..dot], out var id) && name.AsSpan(0, slash).SequenceEqual(id.Cluster))
            {
                return (Kind(name[dot..]), id);
            }
        }

        return (BackupObjectKind.Foreign, default);
    }

    private static BackupObjectKind Kind(string ending) => ending switch
    {
        ManifestEnding => BackupObjectKind.Manifest,
        PendingEnding => BackupObjectKind.Pending,
        ".db" or ".db.zst" or ".db.age" or ".db.zst.age" => BackupObjectKind.Snapshot,
        ".files.tar" or ".files.tar.zst" or ".files.tar.age" or ".files.tar.zst.age" => BackupObjectKind.Files,
        _ when ending.StartsWith(ProofMark, StringComparison.Ordinal) && ending.EndsWith(".json", StringComparison.Ordinal) => BackupObjectKind.Proof,
        _ => BackupObjectKind.Foreign,
    };
}

/// <summary>What an object of a repository is.</summary>
public enum BackupObjectKind
{
    Foreign,
    Manifest,
    Snapshot,
    Files,
    Proof,
    Pending,
    Lock,
    Request,
    Run,
}
