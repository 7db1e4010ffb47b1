using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Tests.Repositories;
using Xunit;

namespace DrPowerShell.Core.Tests.Runbooks;

/// <summary>A run whose process dies before, after and in the middle of each of its records is gone on with, or taken back.</summary>
public sealed class RunDeathTests
{
    private const string New = "a:up:new b:up:new c:up:new";
    private const string Old = "a:up:old b:up:old c:up:old";

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, "start-b")]
    [InlineData(true, "exchange-c")]
    public async Task Resumed_it_ends_well_or_is_undone_whenever_it_died(bool boots, string? fails)
    {
        for (var killAt = 2; await DiesAsync(killAt, fails, boots, async (rig, cluster, _) =>
        {
            var run = await EndAsync(rig.Session(time: cluster.Process).ResumeAsync(RunRig.Id, _ => cluster.Book(), RunRig.Token), rig);
            Assert.Equal(run.Result == RunResult.Healthy ? New : Old, cluster.State);
            Assert.Equal(fails is null || run.PointOfNoReturn is not null ? RunResult.Healthy : RunResult.Undone, run.Result);
            return run;
        }); killAt++)
        {
        }
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(true, "start-b")]
    public async Task Taken_back_everything_is_as_before_whenever_it_died(bool boots, string? fails)
    {
        for (var killAt = 2; await DiesAsync(killAt, fails, boots, async (rig, cluster, dead) =>
        {
            var session = rig.Session(time: cluster.Process);
            if (dead.PointOfNoReturn is not null)
            {
                await Assert.ThrowsAsync<Core.Runbooks.Errors.RunNotResumableException>(() => session.UndoAsync(RunRig.Id, _ => cluster.Book(), RunRig.Token));
                return dead;
            }

            var run = await session.UndoAsync(RunRig.Id, _ => cluster.Book(), RunRig.Token);
            Assert.Equal((RunResult.Undone, Old), (run.Result, cluster.State));
            Assert.Equal("a:: b:: c::", cluster.Left);
            return run;
        }); killAt++)
        {
        }
    }

    [Fact]
    public async Task Whoever_goes_on_may_die_as_well()
    {
        for (var killAt = 5; await DiesAsync(killAt, null, boots: true, async (rig, cluster, _) =>
        {
            for (var next = 2; ; next += 3)
            {
                cluster.Process = new DyingProcess(rig.Time, next);
                var session = rig.Session(time: cluster.Process);
                var isUndo = (killAt + next) % 2 == 0 && RunSession.Read(rig.Folder, RunRig.Id).PointOfNoReturn is null;
                try
                {
                    var run = isUndo ? await session.UndoAsync(RunRig.Id, _ => cluster.Book(), RunRig.Token) : await session.ResumeAsync(RunRig.Id, _ => cluster.Book(), RunRig.Token);
                    Assert.Equal(run.Result == RunResult.Healthy ? New : Old, cluster.State);
                    return run;
                }
                catch (KilledException)
                {
                    cluster.Boot();
                }
            }
        }); killAt += 7)
        {
        }
    }

    [Fact]
    public async Task Finished_steps_are_not_repeated_but_for_locks_and_what_a_boot_may_have_undone()
    {
        using var rig = new RunRig();
        var cluster = new ModelCluster(rig) { Process = new DyingProcess(rig.Time, int.MaxValue) };
        await rig.Session().RunAsync(RunRig.Id, cluster.Book(), RunRig.Token);
        await CutAfterAsync(rig, record => record is { Kind: JournalRecordKind.StepFinished, Step: "exchange-b" });
        rig.Did.Clear();

        await rig.Session().ResumeAsync(RunRig.Id, _ => cluster.Book(), RunRig.Token);

        var did = rig.Did.ToList();
        Assert.Equal(["lock-a", "lock-b", "lock-c"], did[..3].Order(StringComparer.Ordinal));
        Assert.Equal(["stop-a", "stop-b", "stop-c"], did[3..6].Order(StringComparer.Ordinal));
        Assert.DoesNotContain(did, step => step.StartsWith("place", StringComparison.Ordinal) || step == "exchange-b");
        Assert.Contains("start-a", did);
    }

    // Runs to where it is killed, and lets it be gone on with; false once it was not killed any more.
    private static async Task<bool> DiesAsync(int killAt, string? fails, bool boots, Func<RunRig, ModelCluster, RecoveryRun, Task<RecoveryRun>> goOn)
    {
        using var rig = new RunRig();
        var process = new DyingProcess(rig.Time, killAt);
        var cluster = new ModelCluster(rig) { Process = process, Fails = fails };
        var died = await Record.ExceptionAsync(() => rig.Session(time: process).RunAsync(RunRig.Id, cluster.Book(), RunRig.Token));
        if (died is not KilledException || !File.Exists(rig.Journal) || rig.Records.Count == 0)
        {
            return died is KilledException;
        }

        if (killAt % 3 == 0)
        {
            // In the middle of a record: half of it is there.
            await File.AppendAllTextAsync(rig.Journal, """{"sequence":99,"time":"2026-11-2""", RunRig.Token);
        }

        if (boots)
        {
            cluster.Boot();
        }

        cluster.Process = new DyingProcess(rig.Time, int.MaxValue);
        var dead = RunSession.Read(rig.Folder, RunRig.Id);
        if (!dead.IsSealed)
        {
            await goOn(rig, cluster, dead);
            var end = RunSession.Read(rig.Folder, RunRig.Id);
            Assert.True(end.IsSealed || end.PointOfNoReturn is not null, $"killed at {killAt}: {end.Result}");
        }

        // Booted half way two clusters may run until somebody goes on: that a boot does that is known, and told in the report.
        Assert.DoesNotContain(cluster.Wrong, wrong => !boots || !wrong.StartsWith("two clusters", StringComparison.Ordinal));
        return true;
    }

    private static async Task<RecoveryRun> EndAsync(Task<RecoveryRun> run, RunRig rig)
    {
        try
        {
            return await run;
        }
        catch (Core.Runbooks.Errors.RunUndoneException)
        {
            return RunSession.Read(rig.Folder, RunRig.Id);
        }
    }

    private static async Task CutAfterAsync(RunRig rig, Func<JournalRecord, bool> last)
    {
        var lines = await File.ReadAllLinesAsync(rig.Journal, RunRig.Token);
        var count = rig.Records.TakeWhile(record => !last(record)).Count() + 1;
        await File.WriteAllTextAsync(rig.Journal, string.Concat(lines.Take(count).Select(line => line + "\n")), RunRig.Token);
    }
}
