using System.Text;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Locking;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Repositories;

public sealed class RepositoryLockTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new(2026, 11, 22, 14, 0, 0, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.Zero };
    private readonly MemoryBlobStore _store;

    public RepositoryLockTests() => _store = new(_time);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task A_second_one_is_told_who_holds_it_since_when_and_gets_it_after_the_first_let_go()
    {
        var first = await TakeAsync("nightly");

        var busy = await Assert.ThrowsAsync<RepositoryBusyException>(() => TakeAsync("other"));

        Assert.Contains("nightly on " + Environment.MachineName, busy.Holder, StringComparison.Ordinal);
        Assert.Contains("2026-11-22 14:00:00Z", busy.Message, StringComparison.Ordinal);
        Assert.Single(_store.Names);
        await first.DisposeAsync();
        Assert.Empty(_store.Names);
        await (await TakeAsync("other")).DisposeAsync();
        Assert.Empty(_store.Names);
    }

    [Fact]
    public async Task Patience_waits_for_the_holder()
    {
        var first = await TakeAsync("a");
        var second = RepositoryLock.TakeAsync(_store, "removal", "b", TimeSpan.FromMinutes(10), _time, default);
        await AdvanceAsync(TimeSpan.FromMinutes(7));
        Assert.False(second.IsCompleted);

        await first.DisposeAsync();
        for (var i = 0; i < 100 && !second.IsCompleted; i++)
        {
            await AdvanceAsync(TimeSpan.FromSeconds(3));
        }

        await (await second).DisposeAsync();
    }

    [Fact]
    public async Task Other_purposes_are_apart_also_where_one_begins_with_the_other()
    {
        await using var longer = await RepositoryLock.TakeAsync(_store, "removal-of-b", null, TimeSpan.Zero, _time, default);
        await using var shorter = await TakeAsync("a");
        Assert.Equal(2, _store.Names.Count);
    }

    [Fact]
    public async Task A_holder_that_died_is_replaced_after_five_minutes_of_the_stores_clock_whatever_the_hosts_own_clock_says()
    {
        await PutForeignMarkAsync();
        var wrong = new FakeTimeProvider(new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await Assert.ThrowsAsync<RepositoryBusyException>(() => RepositoryLock.TakeAsync(_store, "removal", null, TimeSpan.Zero, wrong, default));
        _time.Advance(TimeSpan.FromMinutes(4.9));
        await Assert.ThrowsAsync<RepositoryBusyException>(() => RepositoryLock.TakeAsync(_store, "removal", null, TimeSpan.Zero, wrong, default));

        _time.Advance(TimeSpan.FromMinutes(0.1));
        await using var taken = await RepositoryLock.TakeAsync(_store, "removal", null, TimeSpan.Zero, wrong, default);

        Assert.Equal(_time.GetUtcNow(), taken.StoreTime);
        Assert.DoesNotContain(Foreign, _store.Names);
    }

    [Fact]
    public async Task A_long_run_renews_its_mark_and_is_never_taken_for_dead()
    {
        await using var held = await TakeAsync("long");
        for (var minute = 0; minute < 20; minute++)
        {
            await AdvanceAsync(TimeSpan.FromMinutes(1));
        }

        Assert.False(held.Lost.IsCancellationRequested);
        await Assert.ThrowsAsync<RepositoryBusyException>(() => TakeAsync("other"));
    }

    [Fact]
    public async Task A_holder_that_cannot_renew_knows_that_it_lost_before_others_take_it_for_dead()
    {
        var faulty = new FaultyBlobStore(_store);
        await using var held = await RepositoryLock.TakeAsync(faulty, "removal", "cut off", TimeSpan.Zero, _time, default);
        faulty.Before = (_, _) => throw new StoreUnreachableException(_store.Location, "the cable is out");

        await AdvanceAsync(TimeSpan.FromMinutes(3.5));
        Assert.False(held.Lost.IsCancellationRequested);
        await AdvanceAsync(TimeSpan.FromMinutes(0.6));
        Assert.True(held.Lost.IsCancellationRequested);
        faulty.Before = (_, _) => { };
    }

    [Fact]
    public async Task A_holder_whose_mark_was_removed_as_dead_stops()
    {
        await using var held = await TakeAsync("asleep");
        await _store.DeleteAsync(_store.Names[0], default);

        await AdvanceAsync(TimeSpan.FromMinutes(1));

        Assert.True(held.Lost.IsCancellationRequested);
        Assert.Empty(_store.Names);
    }

    [Fact]
    public async Task A_holder_that_slept_while_another_took_over_stops()
    {
        await using var held = await TakeAsync("asleep");
        await PutForeignMarkAsync();

        await AdvanceAsync(TimeSpan.FromMinutes(1));

        Assert.True(held.Lost.IsCancellationRequested);
        Assert.Contains(Foreign, _store.Names);
    }

    [Fact]
    public async Task In_a_bucket_that_retains_every_object_a_lock_is_let_go_and_a_dead_one_replaced_all_the_same()
    {
        var store = new MemoryBlobStore(_time) { RetainAll = TimeSpan.FromDays(30) };
        await (await RepositoryLock.TakeAsync(store, "removal", "first", TimeSpan.Zero, _time, default)).DisposeAsync();
        await using (await RepositoryLock.TakeAsync(store, "removal", "second", TimeSpan.Zero, _time, default))
        {
            Assert.StartsWith("second", (await Assert.ThrowsAsync<RepositoryBusyException>(() => RepositoryLock.TakeAsync(store, "removal", "third", TimeSpan.Zero, _time, default))).Holder, StringComparison.Ordinal);
        }

        store[Foreign] = Encoding.UTF8.GetBytes("""{"host":"etcd-9","pid":7,"started":"2026-11-22T13:50:00Z","held":true}""");
        _time.Advance(TimeSpan.FromMinutes(6));
        await using var last = await RepositoryLock.TakeAsync(store, "removal", "last", TimeSpan.Zero, _time, default);
        Assert.False(last.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Of_many_that_ask_at_once_never_two_are_inside()
    {
        var (inside, most, through) = (0, 0, 0);
        var store = new MemoryBlobStore(TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async n =>
        {
            await Task.Yield();
            await using var held = await RepositoryLock.TakeAsync(store, "removal", $"run {n}", TimeSpan.FromMinutes(2), new HastyTime(), default);
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Delay(5);
            Interlocked.Decrement(ref inside);
            Interlocked.Increment(ref through);
        }));

        Assert.Equal((1, 6), (most, through));
        Assert.Empty(store.Names);
    }

    private const string Foreign = ".lock/removal-20261122T135000Z-0a1b2c3d.json";

    private Task<RepositoryLock> TakeAsync(string run) => RepositoryLock.TakeAsync(_store, "removal", run, TimeSpan.Zero, _time, default);

    private Task PutForeignMarkAsync()
    {
        _store[Foreign] = Encoding.UTF8.GetBytes("""{"host":"etcd-9","pid":7,"started":"2026-11-22T13:50:00Z","held":true}""");
        return Task.CompletedTask;
    }

    // In steps, so that what waits for a timer has run before the next one falls due.
    private async Task AdvanceAsync(TimeSpan span)
    {
        for (var left = span; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(30))
        {
            _time.Advance(left < TimeSpan.FromSeconds(30) ? left : TimeSpan.FromSeconds(30));
            await Task.Delay(5);
        }
    }

    /// <summary>The system's time, with waits a hundred times shorter.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero && dueTime < TimeSpan.FromMinutes(1) ? dueTime / 100 : dueTime, period);
    }
}
