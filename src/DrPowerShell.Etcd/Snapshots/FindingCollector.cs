using DrPowerShell.Etcd.Bolt;

namespace DrPowerShell.Etcd.Snapshots;

/// <summary>Collects findings up to a bound, so that a hostile file cannot fill the memory; thread safe.</summary>
internal sealed class FindingCollector
{
    /// <summary>More findings than this are counted, not kept.</summary>
    public const int Limit = 200;

    /// <summary>After more errors than this there is nothing to be learned from reading on.</summary>
    public const int HopelessAfter = 10_000;

    private readonly List<SnapshotFinding> _findings = [];
    private long _dropped;
    private int _errors;

    public bool HasErrors => Volatile.Read(ref _errors) > 0;

    /// <summary>Whether so much is wrong that a walk should end: each error costs far more time than a sound page.</summary>
    public bool IsHopeless => Volatile.Read(ref _errors) > HopelessAfter;

    public void Add(SnapshotFinding finding)
    {
        lock (_findings)
        {
            _errors += finding.Severity == FindingSeverity.Error ? 1 : 0;
            if (_findings.Count < Limit)
            {
                _findings.Add(finding);
                return;
            }

            // An error must be seen, whatever came before it.
            _dropped++;
            var milder = _findings.FindLastIndex(f => f.Severity < finding.Severity);
            if (milder >= 0)
            {
                _findings.RemoveAt(milder);
                _findings.Add(finding);
            }
        }
    }

    public void Error(string code, string text, PageId? page = null, string? bucket = null, string? key = null) =>
        Add(new() { Severity = FindingSeverity.Error, Code = code, Text = text, Page = page?.Value, Bucket = bucket, Key = key });

    public void Warning(string code, string text, PageId? page = null, string? bucket = null, string? key = null) =>
        Add(new() { Severity = FindingSeverity.Warning, Code = code, Text = text, Page = page?.Value, Bucket = bucket, Key = key });

    public void Information(string code, string text, string? bucket = null) =>
        Add(new() { Severity = FindingSeverity.Information, Code = code, Text = text, Bucket = bucket });

    public void Error(SnapshotDamagedException damage, string? bucket = null) => Error(damage.Code, damage.Text, damage.Page, bucket);

    /// <summary>All findings, the worst first; the last one tells how many more there were.</summary>
    public IReadOnlyList<SnapshotFinding> ToList()
    {
        lock (_findings)
        {
            var list = _findings.OrderByDescending(f => f.Severity).ToList();
            if (_dropped > 0)
            {
                list.Add(new() { Severity = FindingSeverity.Information, Code = "FindingsCutOff", Text = $"{_dropped:N0} more findings are not listed." });
            }

            return list;
        }
    }
}
