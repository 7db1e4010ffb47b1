using System.Globalization;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Restores.Assessing;

namespace DrPowerShell.CrashHost;

/// <summary>Reads what is asked for, of the cluster prod: any of snapshot=FILE, loss=TIME and member=NAME.</summary>
internal static class RestoreWords
{
    public static RestoreRequest Read(IEnumerable<string> words)
    {
        var said = words.Select(word => word.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return new RestoreRequest
        {
            Cluster = "prod",
            Snapshot = said.TryGetValue("snapshot", out var file) ? SnapshotCatalog.Describe(file) : null,
            AcceptDataLoss = said.TryGetValue("loss", out var loss) ? TimeSpan.Parse(loss, CultureInfo.InvariantCulture) : null,
            Member = said.GetValueOrDefault("member"),
        };
    }
}
