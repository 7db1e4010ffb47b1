using System.Collections.Concurrent;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Tests.Repositories;
using DrPowerShell.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Runbooks;

/// <summary>A folder of runs, a clock that the test moves, and what the steps have done.</summary>
internal sealed class RunRig : IRunObserver, IDisposable
{
    public const string Id = "restore-20261122T141530Z-7f3a";

    // In memory where that is possible: thousands of records are fsynced.
    private readonly string _temp = Directory.CreateDirectory(System.IO.Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath(), "dr-runs-" + Guid.NewGuid().ToString("N"))).FullName;

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public FakeTimeProvider Time { get; } = new(new(2026, 11, 22, 14, 15, 30, TimeSpan.Zero));

    /// <summary>What the steps did, in order: their ids, with "-" before an undo.</summary>
    public ConcurrentQueue<string> Did { get; } = new();

    public ConcurrentQueue<RecoveryStepResult> Results { get; } = new();

    /// <summary>What was shown besides.</summary>
    public ConcurrentQueue<string> Shown { get; } = new();

    public string Folder => Path("runs");

    public string Journal => RunFolder.Journal(Folder, Id);

    public Redactor Redactor { get; } = new();

    public IReadOnlyList<JournalRecord> Records => JournalReader.Read(Journal);

    public string Path(params string[] names) => System.IO.Path.Combine([_temp, .. names]);

    /// <summary>A step that writes down that it ran.</summary>
    public ScriptedStep Step(
        string id, RecoveryPhase phase, Func<StepContext, CancellationToken, Task>? act = null, Func<StepContext, CancellationToken, Task>? back = null, params string[] after) => new()
        {
            Id = id,
            Phase = phase,
            Title = $"do {id}",
            Host = id.Split('-')[^1],
            After = after,
            IsChange = true,
            UndoTitle = $"take {id} back",
            LetsClientsIn = phase == RecoveryPhase.Switch,
            Act = async (context, token) =>
            {
                Did.Enqueue(id);
                await (act?.Invoke(context, token) ?? Task.CompletedTask);
            },
            Back = async (context, token) =>
            {
                Did.Enqueue("-" + id);
                await (back?.Invoke(context, token) ?? Task.CompletedTask);
            },
        };

    public static Runbook Book(params RunbookStep[] steps) => new()
    {
        Kind = "restore", Target = "prod", Plan = RunFacts.ToJson(new { cluster = "prod" }), Digest = new string('d', 64), Steps = steps,
        RecoveryTimeObjective = TimeSpan.FromMinutes(30),
    };

    public RunSession Session(SnapshotRepository? repository = null, TimeProvider? time = null, string? folder = null) =>
        new(new RunKeeping { Folder = folder ?? Folder, Repository = repository, Redactor = Redactor }, this, time ?? Time);

    public Task<RecoveryRun> RunAsync(params RunbookStep[] steps) => Session().RunAsync(Id, Book(steps), Token);

    public Task<RecoveryRun> ResumeAsync(params RunbookStep[] steps) => Session().ResumeAsync(Id, _ => Book(steps), Token);

    public Task<RecoveryRun> UndoAsync(params RunbookStep[] steps) => Session().UndoAsync(Id, _ => Book(steps), Token);

    public static SnapshotRepository Over(IBlobStore store, RepositoryLockPolicy? locks = null) => StoredBackups.Over(store, options => options with { Name = "offsite", Lock = locks });

    /// <summary>Moves the clock until the task has ended, a second at a time.</summary>
    public async Task<T> LetTimePassAsync<T>(Task<T> task, TimeSpan? step = null)
    {
        await Eventually.IsTrueAsync(
            () =>
            {
                Time.Advance(task.IsCompleted ? TimeSpan.Zero : step ?? TimeSpan.FromSeconds(1));
                return task.IsCompleted;
            },
            "it ends",
            cancellationToken: Token);
        return await task;
    }

    public void Began(RunbookStep step, int number, bool isUndo) => Shown.Enqueue($"{number} {(isUndo ? step.UndoTitle : step.Title)}");

    public void Progressed(RunbookStep step, string text, double? fraction) => Shown.Enqueue(text);

    public void Ended(RecoveryStepResult result) => Results.Enqueue(result);

    public void Dispose() => Directory.Delete(_temp, recursive: true);
}
