using System.Text.Json;
using System.Text.Json.Nodes;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>The copy of a journal in a bucket with Object Lock: its seal stays, whoever wants it gone.</summary>
public sealed class S3JournalTests(S3Buckets buckets)
{
    private const string Run = "restore-20261122T141530Z-7f3a";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_seal_of_a_run_is_locked_for_as_long_as_the_repository_asks()
    {
        using var folder = new TempFolder("runs");
        var options = S3Stores.Options(await CephServer.SharedAsync(), await buckets.LockingAsync(), S3Stores.NewPrefix()) with { Lock = new(BlobLockMode.Compliance, 2) };
        var repository = await SnapshotRepository.OpenAsync(options, Token);
        await using var end = repository;
        var begun = TimeProvider.System.GetUtcNow();

        var run = await new RunSession(new RunKeeping { Folder = folder.FullName, Repository = repository }, new Silence()).RunAsync(Run, Book(), Token);

        Assert.Equal((RunResult.Healthy, true, false), (run.Result, run.IsSealed, run.IsLocalOnly));
        var seal = $".runs/{Run}/{run.JournalRecords:000000}.json";
        Assert.Equal("Seal", await KindAsync(repository.Store, seal));
        var kept = await repository.Store.GetRetentionAsync(seal, Token);
        Assert.Equal(BlobLockMode.Compliance, kept?.Mode);
        Assert.InRange(kept!.Until, begun.AddDays(2).AddSeconds(-1), TimeProvider.System.GetUtcNow().AddDays(2).AddSeconds(1));
        await Assert.ThrowsAsync<BlobLockedException>(() => repository.Store.DeleteAsync(seal, Token));
        Assert.Equal("Seal", await KindAsync(repository.Store, seal));
    }

    private static Runbook Book() => new()
    {
        Kind = "restore",
        Target = "prod",
        Plan = JsonSerializer.SerializeToElement(new { cluster = "prod" }),
        Digest = new string('d', 64),
        Steps = [new Nothing { Id = "look", Phase = RecoveryPhase.Assess, Title = "look at it" }],
    };

    private static async Task<string?> KindAsync(IBlobStore store, string name)
    {
        await using var stream = await store.OpenReadAsync(name, 0, null, Token);
        return (string?)(await JsonNode.ParseAsync(stream, cancellationToken: Token))!["kind"];
    }

    private sealed class Nothing : RunbookStep
    {
        protected override Task RunAsync(StepContext context, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Silence : IRunObserver
    {
        public void Began(RunbookStep step, int number, bool isUndo)
        {
        }

        public void Progressed(RunbookStep step, string text, double? fraction)
        {
        }

        public void Ended(RecoveryStepResult result)
        {
        }
    }
}
