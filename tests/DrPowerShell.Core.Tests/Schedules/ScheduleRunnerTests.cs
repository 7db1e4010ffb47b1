using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Locking;
using DrPowerShell.Core.Schedules;
using DrPowerShell.Core.Tests.Backups;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Schedules;

/// <summary>Real etcd, folders as stores.</summary>
public sealed class ScheduleRunnerTests(LoadedMember loaded) : IClassFixture<LoadedMember>, IDisposable
{
    private readonly TempFolder _temp = new("run");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_run_backs_up_copies_retains_and_checks()
    {
        var run = Run("first", "second");
        run = run with { Schedule = run.Schedule with { Retention = new() { Last = 1 }, Expectations = new() { Rpo = TimeSpan.FromHours(1), Copies = 2 } } };

        var before = await new ScheduleRunner().RunAsync(run, null, null, Token);
        Assert.Empty(before.Problems);
        var began = BackupId.Parse(before.Backup!.Name).Time;
        await Eventually.IsTrueAsync(() => DateTimeOffset.UtcNow >= began.AddSeconds(1), "another second has begun: backups of one second have no order");
        var result = await new ScheduleRunner().RunAsync(run, null, null, Token);

        Assert.Empty(result.Problems);
        Assert.True(result.IsSuccessful);
        Assert.Equal(["second"], result.CopiedTo);
        Assert.Equal("Full", result.Backup!.Manifest!.Verified);
        Assert.Equal(2, result.Removed);
        Assert.Equal(["first", "second"], result.Checks.Select(check => check.Repository));
        foreach (var name in new[] { "first", "second" })
        {
            Assert.Equal([result.Backup.Name], await BackupsAsync(name));
            Assert.DoesNotContain(_temp.List(), file => file.Contains(".lock/", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_copy_that_fails_keeps_nothing_else_from_its_turn_and_is_made_up_for_later()
    {
        var run = Run("first", "gone", "third");
        await new ScheduleRunner().RunAsync(run, null, null, Token);
        Directory.Move(_temp["gone"], _temp["away"]);

        var result = await new ScheduleRunner().RunAsync(run, null, null, Token);

        Assert.Equal(["third"], result.CopiedTo);
        Assert.StartsWith("gone: ", result.Problems[0]);
        Assert.All(result.Problems, problem => Assert.DoesNotContain('\n', problem));
        Assert.Equal("BackupScheduleFailed", new BackupScheduleFailedException(result).ErrorId);

        Directory.Move(_temp["away"], _temp["gone"]);
        var later = await new ScheduleRunner().RunAsync(run, null, null, Token);

        Assert.Empty(later.Problems);
        Assert.Equal(3, (await BackupsAsync("gone")).Count);
    }

    [Fact]
    public async Task Without_a_new_backup_nothing_is_removed()
    {
        var run = Run("first", "second");
        await new ScheduleRunner().RunAsync(run, null, null, Token);
        await new ScheduleRunner().RunAsync(run, null, null, Token);
        run = run with
        {
            Schedule = run.Schedule with { Retention = new() { Last = 1 }, Expectations = new() { Rpo = TimeSpan.FromTicks(1) } },
            OpenCluster = _ => (loaded.Cluster.Options() with { Endpoints = [new Uri("http://127.0.0.1:1")] }).OpenAsync(),
        };

        var result = await new ScheduleRunner().RunAsync(run, null, null, Token);

        Assert.Null(result.Backup);
        Assert.StartsWith("backup: ", result.Problems[0]);
        Assert.Contains(result.Problems, problem => problem.Contains("RpoMissed", StringComparison.Ordinal));
        Assert.Empty(result.Retention);
        Assert.Equal(2, (await BackupsAsync("first")).Count);
        Assert.Equal(2, (await BackupsAsync("second")).Count);
    }

    [Fact]
    public async Task A_repository_whose_secret_is_missing_is_a_problem_of_its_own()
    {
        var run = Run("first");
        run = run with { CopyTo = [new("secret", null, new RepositoryNotFoundException("secret", []))] };

        var result = await new ScheduleRunner().RunAsync(run, null, null, Token);

        Assert.NotNull(result.Backup);
        Assert.StartsWith("secret: ", Assert.Single(result.Problems));
    }

    [Fact]
    public async Task A_second_run_leaves_it_to_the_first()
    {
        var run = Run("first");
        await using var repository = await SnapshotRepository.OpenAsync(run.Repository.Options!, Token);
        await using var held = await RepositoryLock.TakeAsync(repository.Store, "schedule-drpowershell-nightly", "schedule nightly", TimeSpan.Zero, TimeProvider.System, Token);

        var result = await new ScheduleRunner().RunAsync(run, null, null, Token);

        Assert.Null(result.Backup);
        Assert.StartsWith("lock: ", Assert.Single(result.Problems));
        Assert.Empty(await BackupsAsync("first"));
    }

    [Fact]
    public async Task Findings_of_one_kind_are_one_line()
    {
        var run = Run("first");
        await new ScheduleRunner().RunAsync(run, null, null, Token);
        run = run with { Schedule = run.Schedule with { Expectations = new() { Copies = 2 } } };

        var result = await new ScheduleRunner().RunAsync(run, null, null, Token);

        Assert.Contains("(SingleCopy, and 1 more)", Assert.Single(result.Problems));
        Assert.Contains("(SingleCopy, and 1 more)", new BackupScheduleFailedException(result).Message);
    }

    private ScheduleRun Run(string repository, params string[] copyTo) => new()
    {
        Schedule = Sample.Schedule("0 2 * * *") with { Repository = repository, CopyTo = copyTo },
        OpenCluster = _ => loaded.Cluster.Options().OpenAsync(),
        Repository = At(repository),
        CopyTo = [.. copyTo.Select(At)],
    };

    // Each folder stands for a place of its own.
    private ScheduleRepository At(string name) => new(name, RepositoryUri.Parse(_temp.CreateFolder(name)) with { Name = name, Place = name });

    private async Task<IReadOnlyList<string>> BackupsAsync(string name)
    {
        await using var repository = await SnapshotRepository.OpenAsync(RepositoryUri.Parse(_temp[name]), Token);
        var all = new List<string>();
        await foreach (var backup in repository.ListAsync(BackupFilter.All, null, Token))
        {
            all.Add(backup.Id.ToString());
        }

        return all;
    }
}
