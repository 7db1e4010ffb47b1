using System.Globalization;
using DrPowerShell.Benchmarks.Acts;
using DrPowerShell.Benchmarks.Database;
using DrPowerShell.Benchmarks.Measuring;
using DrPowerShell.Testing;

namespace DrPowerShell.Benchmarks;

/// <summary>Carries out every act on both sides in turn, round after round, on one machine, in one run.</summary>
internal sealed class Benchmark(BenchmarkOptions options)
{
    /// <summary>Runs it and prints the table; 1 where a limit is not kept.</summary>
    public async Task<int> RunAsync()
    {
        using var temporary = options.Work is null ? new TempFolder("bench") : null;
        var work = Directory.CreateDirectory(options.Work ?? temporary!.FullName).FullName;
        await using var database = await BenchmarkDatabase.OpenAsync(work, options.Size, Say);
        var report = new Report(database, options);
        Console.WriteLine(report.Head());
        var idle = await IdleMemoryAsync(database);
        foreach (var act in options.Acts)
        {
            Console.WriteLine(report.Row(act.Name == ImportTime.Name ? await ImportAsync(act) : await RunAsync(act, database, work, idle)));
        }

        Console.WriteLine(report.Foot(idle));
        return report.AllMet ? 0 : 1;
    }

    private async Task<ActResult> RunAsync(Act act, BenchmarkDatabase database, string work, long idle)
    {
        var target = Path.Combine(work, "target-" + act.Name);
        var request = new ActRequest(act.Name, database.Snapshot, database.Endpoint, target);
        var rounds = new List<Round>();
        await using var shell = new OurWorker();

        // Round 0 warms both sides up and is not counted.
        for (var i = 0; i <= options.Rounds; i++)
        {
            var ours = await ApartAsync(database, target, () => shell.AskAsync(request));
            var theirs = await ApartAsync(database, target, () => TheirRun.MeasureAsync(act.Theirs(database, target)));
            var command = await ApartAsync(database, target, () => OurWorker.RunOnceAsync(request));
            if (!theirs.Output.StartsWith(ours.Facts, StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"{act.Name}: ours says '{ours.Facts}', theirs '{theirs.Output}'.");
            }

            var round = new Round(ours.Seconds, command, theirs.Seconds, ours.ProcessorSeconds, theirs.ProcessorSeconds);
            Say(string.Create(CultureInfo.InvariantCulture, $"{act.Name} {i}: {round.Shell:F2} {round.Command:F2} {round.Theirs:F2} s, processor {round.ShellProcessor:F2} {round.TheirProcessor:F2} s"));
            if (i > 0)
            {
                rounds.Add(round);
            }
        }

        return new ActResult(act, rounds, shell.PeakMemory() - idle);
    }

    private async Task<ActResult> ImportAsync(Act act)
    {
        var rounds = new List<Round>();
        for (var i = 0; i <= options.Rounds; i++)
        {
            await using var shell = new OurWorker();
            var answer = await shell.AskAsync(new ActRequest(act.Name, "", "", ""));
            if (i > 0)
            {
                rounds.Add(new Round(answer.Seconds, 0, 0, 0, 0));
            }
        }

        return new ActResult(act, rounds, null);
    }

    private static async Task<T> ApartAsync<T>(BenchmarkDatabase database, string target, Func<Task<T>> act)
    {
        FileSystem.Settle();
        FileSystem.Warm(database.Snapshot);
        try
        {
            return await act();
        }
        finally
        {
            FileSystem.Remove(target);
        }
    }

    private static async Task<long> IdleMemoryAsync(BenchmarkDatabase database)
    {
        await using var shell = new OurWorker();
        await shell.AskAsync(new ActRequest("", database.Snapshot, database.Endpoint, ""));
        return shell.PeakMemory();
    }

    private static void Say(string text) => Console.Error.WriteLine(text);
}
