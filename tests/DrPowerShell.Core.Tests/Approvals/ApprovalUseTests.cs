using System.Text;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Approvals.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Tests.Repositories;
using DrPowerShell.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Approvals;

public sealed class ApprovalUseTests : IDisposable
{
    private const string Request = "request-20261122T140000Z-7f3a04bd";

    private readonly TempFolder _temp = new("use");
    private readonly FakeTimeProvider _time = new(Approvers.Now);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_second_run_is_told_which_one_used_it_and_the_first_may_go_on()
    {
        var first = await TakeAsync(null, "here", "restore-1");
        _time.Advance(TimeSpan.FromMinutes(3));

        var used = await Assert.ThrowsAsync<ApprovalUsedException>(() => TakeAsync(null, "here", "restore-2"));

        Assert.Equal("restore-1", used.Run);
        Assert.Contains("2026-11-22 14:00:00Z", used.Message, StringComparison.Ordinal);
        Assert.Equal(first, await TakeAsync(null, "here", "restore-1"));
        Assert.Equal(first, await ApprovalUse.FindAsync(null, _temp["here"], Request, Token));
        Assert.Null(await ApprovalUse.FindAsync(null, _temp["elsewhere"], Request, Token));
        Assert.False(Directory.Exists(_temp["elsewhere"]));
    }

    [Fact]
    public async Task Another_machine_is_told_by_the_repository()
    {
        var store = FolderBlobStore.Open(new Uri(_temp.CreateFolder("store")));
        await TakeAsync(store, "here", "restore-1");

        await Assert.ThrowsAsync<ApprovalUsedException>(() => TakeAsync(store, "there", "restore-2"));

        Assert.False(File.Exists(_temp["there", ".requests", Request + ".used.json"]));
        await TakeAsync(store, "there", "restore-1"); // resumed there
        Assert.Equal("restore-1", (await ApprovalUse.FindAsync(store, _temp["nowhere"], Request, Token))!.Run);
    }

    [Fact]
    public async Task Of_many_at_once_one_wins_also_where_the_store_ignores_conditions()
    {
        // Looks before it puts, as an S3 server without conditional writes is treated: two at the same moment would both be let in.
        await using var careless = new MemoryBlobStore(TimeProvider.System);
        await using var folder = FolderBlobStore.Open(new Uri(_temp.CreateFolder("store")));
        foreach (var store in new[] { careless, folder })
        {
            var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(async i =>
            {
                try
                {
                    await ApprovalUse.TakeAsync(store, _temp[store.Location.Scheme + i], Request, $"restore-{i}", TimeProvider.System, Token);
                    return i;
                }
                catch (ApprovalUsedException)
                {
                    return -1;
                }
            }));

            Assert.Single(runs, i => i >= 0);
        }
    }

    [Fact]
    public async Task A_mark_that_cannot_be_read_lets_nobody_in()
    {
        Directory.CreateDirectory(_temp["here", ".requests"]);
        await File.WriteAllTextAsync(_temp["here", ".requests", Request + ".used.json"], "", Token);

        await Assert.ThrowsAsync<RequestNotReadableException>(() => TakeAsync(null, "here", "restore-1"));
    }

    [Fact]
    public async Task A_repository_that_does_not_answer_lets_nobody_in()
    {
        var store = FolderBlobStore.Open(new Uri(_temp.CreateFolder("store")));
        Directory.Delete(_temp["store"]);

        await Assert.ThrowsAnyAsync<DrPowerShell.Etcd.Errors.RecoveryException>(() => TakeAsync(store, "here", "restore-1"));

        Assert.Null(await ApprovalUse.FindAsync(null, _temp["here"], Request, Token));
    }

    [Fact]
    public async Task Requests_in_a_repository_are_neither_backups_nor_leftovers()
    {
        await using var store = new MemoryBlobStore(_time);
        await TakeAsync(FolderBlobStore.Open(new Uri(_temp.CreateFolder("any"))), "here", "restore-1");
        store[$".requests/{Request}.request.json"] = "{}"u8.ToArray();
        store[$".requests/{Request}.used.json"] = "{}"u8.ToArray();
        await using var repository = SnapshotRepository.Over(RepositoryUri.Parse("s3://memory/test"), store);

        Assert.All(store.Names, name => Assert.Equal(BackupObjectKind.Request, BackupNames.Read(name).Kind));
        var collected = new List<string>();
        await foreach (var leftover in new Core.Repositories.Collecting.RepositoryCollector(repository).FindAsync(Approvers.Now.AddYears(1), Token))
        {
            collected.Add(leftover.Name);
        }

        Assert.Empty(collected);
    }

    [Fact]
    public async Task A_repository_gathers_the_approvals_of_many_and_refuses_a_changed_one()
    {
        using var people = new Approvers();
        await using var store = new MemoryBlobStore(_time);
        var (requests, bundle) = (new RequestStore(store), people.Request("dave"));
        await requests.SaveAsync(bundle, Token);
        await Task.WhenAll(new[] { "alice", "bob" }.Select(name => requests.SaveAsync(bundle.Approve(name, null, people[name], Approvers.Now), Token)));

        var read = await requests.ReadAsync(bundle.Request.Id, Token);

        Assert.Equal(["alice", "bob"], read.Approvals.Select(a => a.Approver).Order(StringComparer.Ordinal));
        Assert.Equal(3, store.Names.Count);
        await requests.SaveAsync(read, Token);
        Assert.Equal(3, store.Names.Count);
        var name = store.Names[0];
        store[name] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(store[name]).Replace("dave", "davy", StringComparison.Ordinal));
        await Assert.ThrowsAsync<ApprovalAlteredException>(() => requests.ReadAsync(bundle.Request.Id, Token));
        await Assert.ThrowsAsync<RequestNotFoundException>(() => requests.ReadAsync("../../etc", Token));
    }

    private Task<UseMark> TakeAsync(IBlobStore? store, string folder, string run) => ApprovalUse.TakeAsync(store, _temp[folder], Request, run, _time, Token);
}
