using System.Diagnostics;
using DrPowerShell.Benchmarks.Acts;
using DrPowerShell.Benchmarks.Database;
using DrPowerShell.Benchmarks.Measuring;

namespace DrPowerShell.Benchmarks.Repositories;

/// <summary>A backup to S3, compressed and encrypted: ours in one pass, theirs one program after the other.</summary>
internal sealed class OffsiteRun(BenchmarkDatabase database, string work, string bucket, Uri endpoint, string region, string recipient)
{
    /// <summary>Seconds of the one pass, in a shell that is open.</summary>
    public async Task<double> OursAsync(OurWorker shell)
    {
        FileSystem.Settle();
        return (await shell.AskAsync(Request("offsite"))).Seconds;
    }

    /// <summary>What a shell does to be idle in the same way: connected to the cluster and to the store.</summary>
    public ActRequest Request(string name) => new(
        name, "", database.Endpoint, $"s3://{bucket}/ours?endpoint={Uri.EscapeDataString(endpoint.ToString())}&region={region}&pathStyle=true", recipient);

    /// <summary>Seconds of each of their programs.</summary>
    public async Task<IReadOnlyList<(string Program, double Seconds)>> TheirsAsync()
    {
        var file = Path.Combine(work, "offsite.db");
        string[][] commands =
        [
            [database.Release.Etcdctl, $"--endpoints={database.Endpoint}", "--command-timeout=30m", "snapshot", "save", file],
            ["zstd", "-q", "-3", file, "-o", file + ".zst"],
            ["age", "-r", recipient, "-o", file + ".zst.age", file + ".zst"],
            ["rclone", "--s3-provider=Ceph", $"--s3-endpoint={endpoint}", $"--s3-region={region}", "--s3-env-auth", "copyto", file + ".zst.age", $":s3:{bucket}/theirs/offsite.db.zst.age"],
        ];
        FileSystem.Settle();
        var times = new List<(string, double)>();
        try
        {
            foreach (var command in commands)
            {
                var clock = Stopwatch.StartNew();
                await TheirRun.MeasureAsync([command]);
                times.Add((Path.GetFileName(command[0]), clock.Elapsed.TotalSeconds));
            }
        }
        finally
        {
            FileSystem.Remove(file);
        }

        return times;
    }
}
