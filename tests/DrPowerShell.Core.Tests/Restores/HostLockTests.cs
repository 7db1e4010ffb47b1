using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores;

/// <summary>Lock files on a machine: one run, and one process of it, at a time.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HostLockTests : IDisposable
{
    private const string Run = "restore-20261122T141530Z-7f3a";
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 14, 20, 0, TimeSpan.Zero);

    private readonly TempFolder _temp = new("lock");
    private readonly LocalHost _host = new(new HostOptions { Name = "etcd-1", Kind = HostKind.Local });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => _temp[".data.drpowershell-lock"];

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task The_process_that_took_it_has_it_and_lets_it_go()
    {
        await TakeAsync();
        await TakeAsync(isHeld: true);

        Assert.Equal((Run, RunSession.Here, Environment.ProcessId), (Held().Run, Held().Owner, Held().Holder!.Process));
        await ReleaseAsync();
        Assert.Empty(_temp.List());
    }

    [Fact]
    public async Task Another_run_is_told_who_has_it_since_when()
    {
        Write(Held("restore-other", "ann@far", null));

        var error = await Assert.ThrowsAsync<HostLockedException>(() => TakeAsync());

        Assert.Contains("restore-other of ann@far since 2026-11-22 13:00:00", error.Message, StringComparison.Ordinal);
        await ReleaseAsync();
        Assert.Equal("restore-other", Held().Run);
        await TakeAsync(breaks: "restore-other");
        Assert.Equal(Run, Held().Run);
        await ReleaseAsync();
        Assert.Empty(_temp.List());
    }

    [Fact]
    public async Task What_a_dead_process_of_the_same_run_left_is_taken_over()
    {
        using var process = Process.Start(new ProcessStartInfo("sleep", "1000"))!;
        var holder = Holder(process.Id);
        process.Kill();
        await process.WaitForExitAsync(Token);
        Write(Held(Run, RunSession.Here, holder));

        await TakeAsync(isHeld: true);

        Assert.Equal(LockHolder.Here, Held().Holder);
        await ReleaseAsync();
        Assert.Empty(_temp.List());
    }

    [Fact]
    public async Task A_process_that_lives_keeps_it_from_others_of_the_same_run()
    {
        using var process = Process.Start(new ProcessStartInfo("sleep", "1000"))!;
        try
        {
            Write(Held(Run, RunSession.Here, Holder(process.Id)));

            var error = await Assert.ThrowsAsync<HostLockedElsewhereException>(() => TakeAsync(isHeld: true));

            Assert.Contains($"{Run}, by another process of {RunSession.Here} since 2026-11-22 13:00:00", error.Message, StringComparison.Ordinal);
            Assert.Contains($"-BreakLock {Run}", error.RecommendedAction, StringComparison.Ordinal);
            await ReleaseAsync();
            Assert.Equal(process.Id, Held().Holder!.Process);
            await TakeAsync(breaks: Run, isHeld: true);
            Assert.Equal(LockHolder.Here, Held().Holder);

            // Who woke up after another process has taken its run over must take nothing back behind that one's back.
            await HostLock.RequireAsync(_host, File, Run, Token);
            Write(Held(Run, RunSession.Here, Holder(process.Id)));
            await Assert.ThrowsAsync<HostLockedElsewhereException>(() => HostLock.RequireAsync(_host, File, Run, Token));
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public async Task A_run_that_has_let_clients_in_is_not_taken_over_with_a_journal_that_does_not_tell()
    {
        await TakeAsync();
        await HostLock.MarkPastAsync(_host, File, Run, Token);
        Write(Held() with { Holder = Holder(0) });

        var error = await Assert.ThrowsAsync<HostPastPointOfNoReturnException>(() => TakeAsync(breaks: Run, isHeld: true));
        Assert.Contains($"Resume-RecoveryRun {Run}", error.RecommendedAction, StringComparison.Ordinal);

        await HostLock.TakeAsync(_host, File, new LockClaim(Run, Run, IsHeld: true, IsPast: true), Now, Token);
        Assert.Equal((true, LockHolder.Here), (Held().IsPast, Held().Holder));
    }

    [Fact]
    public async Task Of_a_process_elsewhere_nothing_is_known()
    {
        Write(Held(Run, "ann@far", LockHolder.Here with { Machine = "another", Process = int.MaxValue }));
        await Assert.ThrowsAsync<HostLockedElsewhereException>(() => TakeAsync(isHeld: true));

        // A machine of the same name, or a container whose processes are counted apart.
        Write(Held(Run, RunSession.Here, LockHolder.Here with { Machine = "another", Process = int.MaxValue }));
        await Assert.ThrowsAsync<HostLockedElsewhereException>(() => TakeAsync(isHeld: true));
        Write(Held(Run, RunSession.Here, LockHolder.Here with { Boot = LockHolder.Here.Boot + "x", Process = int.MaxValue }));
        await Assert.ThrowsAsync<HostLockedElsewhereException>(() => TakeAsync(isHeld: true));
        await TakeAsync(breaks: Run, isHeld: true);
    }

    [Fact]
    public async Task A_number_that_another_process_has_by_now_is_no_sign_of_life()
    {
        Write(Held(Run, RunSession.Here, LockHolder.Here with { Started = "1" }));

        await TakeAsync(isHeld: true);

        Assert.Equal(LockHolder.Here, Held().Holder);
    }

    [Fact]
    public async Task A_lock_that_the_run_had_and_that_is_gone_ends_the_attempt_to_go_on()
    {
        var error = await Assert.ThrowsAsync<HostLockGoneException>(() => TakeAsync(isHeld: true));
        Assert.Contains("-BreakLock", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(_temp.List());

        await TakeAsync(breaks: Run, isHeld: true);
        Assert.Equal(Run, Held().Run);
    }

    [Fact]
    public async Task Taking_over_that_was_cut_off_half_way_is_gone_on_with()
    {
        Write(Held(Run, RunSession.Here, Holder(0)));
        System.IO.File.Move(File, File + ".taken-0123456789abcdef");

        await TakeAsync(isHeld: true);

        await ReleaseAsync();
        Assert.Empty(_temp.List());
    }

    [Fact]
    public async Task Of_many_who_take_the_same_lock_over_one_gets_it()
    {
        // All in this process, so each claims for a run of its own.
        Write(Held("restore-dead", "ann@far", null));
        var tries = Enumerable.Range(0, 8).Select(i => Record.ExceptionAsync(
            () => HostLock.TakeAsync(_host, File, new LockClaim($"restore-{i}", "restore-dead", IsHeld: false), Now, Token)).AsTask());

        var errors = await Task.WhenAll(tries);

        Assert.Single(errors, error => error is null);
        Assert.All(errors.OfType<Exception>(), error => Assert.IsType<HostLockedException>(error));
    }

    [Fact]
    public async Task A_file_that_says_nothing_is_left_to_a_person()
    {
        System.IO.File.WriteAllText(File, "{\"run\":");

        await Assert.ThrowsAsync<HostLockedException>(() => TakeAsync());
        await TakeAsync(breaks: "(unreadable)");
        Assert.Equal(Run, Held().Run);
    }

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    private Task TakeAsync(string? breaks = null, bool isHeld = false) => HostLock.TakeAsync(_host, File, new LockClaim(Run, breaks, isHeld), Now, Token);

    private Task ReleaseAsync() => HostLock.ReleaseAsync(_host, File, new LockClaim(Run, null, IsHeld: false), Token);

    private static HostLock Held(string run, string owner, LockHolder? holder) => new(run, owner, Now.AddMinutes(-80), "", holder);

    private HostLock Held() => JsonSerializer.Deserialize<HostLock>(System.IO.File.ReadAllBytes(File), Web)!;

    private void Write(HostLock held) => System.IO.File.WriteAllBytes(File, JsonSerializer.SerializeToUtf8Bytes(held, Web));

    private static LockHolder Holder(int process) => LockHolder.Here with { Process = process, Started = LockHolder.StartOf(process) ?? "0" };
}
