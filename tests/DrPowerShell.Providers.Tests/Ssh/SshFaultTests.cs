using System.Diagnostics;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Providers.Ssh;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Ssh;

/// <summary>Hosts that vanish or freeze in the middle of something: found out in bounded time, and good for more when they are back.</summary>
public sealed class SshFaultTests : IAsyncLifetime
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(6);

    // Far above the silence, for busy machines; far below what a lost TCP connection takes.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new("ssh");

    // No other test, and no earlier run, sleeps for as long.
    private readonly int _own = Random.Shared.Next(100_000, 999_999);
    private SshServer _server = null!;
    private SshHost _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await SshServer.StartAsync();
        _host = new SshHost(SshMachines.Options(_server) with { Timeout = Silence });
    }

    public async ValueTask DisposeAsync()
    {
        await _server.SignalListenerAsync("CONT");
        await _server.SignalSessionsAsync("CONT");
        await _host.DisposeAsync();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_connection_that_is_killed_ends_the_command_and_the_next_one_makes_another()
    {
        var run = await RunningAsync(Mark("1"));
        await _server.SignalSessionsAsync("KILL");
        var error = await UnreachableAsync(run);
        Assert.Contains("broke", error.Message);
        await AnswersAsync();
        Assert.False(await RunsAsync(Mark("1")));

        var port = FreePorts.Next();
        await using var nobody = new SshHost(SshMachines.Options(_server) with { Port = port });
        Assert.Contains($"127.0.0.1:{port}", (await UnreachableAsync(nobody.GetFactsAsync(Token))).Message);
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("STOP")]
    public async Task A_host_that_is_lost_in_the_middle_of_an_upload_has_nothing_under_the_name(string signal)
    {
        Directory.CreateDirectory(_folder["local"]);
        await File.WriteAllBytesAsync(_folder["local", "db"], new byte[60_000_000], Token);
        var lost = 0;
        var told = new Told(count =>
        {
            if (count > 5_000_000 && Interlocked.Exchange(ref lost, 1) == 0)
            {
                _server.SignalSessionsAsync(signal).GetAwaiter().GetResult();
            }
        });
        await UnreachableAsync(_host.UploadAsync(_folder["local"], _folder["there"], told, Token));
        Assert.False(Directory.Exists(_folder["there"]));

        // The host lives, and the part is taken away over another connection; what wrote to it was frozen with its file open.
        Assert.Equal(["local", "local/db"], _folder.List());
        await AnswersAsync();
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("STOP")]
    public async Task A_file_that_arrived_in_part_never_gets_its_name(string signal)
    {
        await File.WriteAllTextAsync(_folder["file"], "old", Token);
        var content = new byte[16_000_000];
        var run = _host.WriteAsync(_folder["file"], content, null, Token);
        await Eventually.IsTrueAsync(() => _folder.List().Count > 1 || run.IsCompleted, "it is on its way");
        await _server.SignalSessionsAsync(signal);
        await Record.ExceptionAsync(() => run.WaitAsync(Bound));
        await _server.SignalSessionsAsync("CONT");
        Assert.Contains(new FileInfo(_folder["file"]).Length, new long[] { 3, content.Length });
        await AnswersAsync();
        await Eventually.IsTrueAsync(() => new FileInfo(_folder["file"]).Length is 3 or 16_000_000 && _folder.List().All(name => name == "file" || name.StartsWith(".file.part-", StringComparison.Ordinal)), "nothing but a named part is left");
    }

    [Fact]
    public async Task A_host_that_freezes_is_found_dead_within_its_timeout()
    {
        var run = await RunningAsync(Mark("2"));
        await _server.SignalSessionsAsync("STOP");
        var clock = Stopwatch.StartNew();
        var error = await UnreachableAsync(run);
        Assert.Contains("no sign of life for 6 s", error.Message);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Silence * 3);
        await AnswersAsync();
        Assert.False(await RunsAsync(Mark("2")));
    }

    [Fact]
    public async Task A_host_that_froze_between_two_commands_is_found_dead_by_the_next()
    {
        await AnswersAsync();
        await _server.SignalSessionsAsync("STOP");
        await UnreachableAsync(_host.RunAsync(HostCommand.Of("true"), Token));
        await AnswersAsync();
    }

    [Fact]
    public async Task A_host_that_lets_nobody_in_any_more_is_unreachable_in_time()
    {
        await _server.SignalListenerAsync("STOP");
        var error = await UnreachableAsync(_host.RunAsync(HostCommand.Of("true"), Token));
        Assert.Contains("took longer than 6 s", error.Message);
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _host.RunAsync(HostCommand.Of("true"), cancel.Token).WaitAsync(Bound));
    }

    [Fact]
    public async Task A_command_may_be_silent_for_longer_than_its_host_may()
    {
        await using var host = new SshHost(SshMachines.Options(_server) with { Timeout = TimeSpan.FromSeconds(4) });
        Assert.Equal("awake\n", (await host.RunAsync(HostCommand.Shell("sleep 6; echo awake"), Token)).Output);
    }

    [Fact]
    public async Task One_lost_connection_ends_all_its_commands()
    {
        var runs = new[] { await RunningAsync(Mark("3")), await RunningAsync(Mark("4")), await RunningAsync(Mark("5")) };
        await _server.SignalSessionsAsync("KILL");
        foreach (var run in runs)
        {
            await UnreachableAsync(run);
        }

        await AnswersAsync();
        Assert.False(await RunsAsync(Mark("[345]")));
    }

    [Fact]
    public async Task A_command_whose_host_froze_never_goes_on_once_the_host_was_reached_again()
    {
        var (begun, ended) = (_folder["begun"], _folder["ended"]);
        var run = _host.RunAsync(HostCommand.Shell($"echo > '{begun}'; sleep {Mark("6")}; echo > '{ended}'") with { Timeout = TimeSpan.FromMinutes(5) }, Token);
        await Eventually.IsTrueAsync(() => File.Exists(begun), "it runs");
        Assert.Equal(0, (await Command.RunAsync("pkill", ["-STOP", "-f", Mark("6")])).ExitCode);
        await _server.SignalSessionsAsync("STOP");
        await UnreachableAsync(run);

        // Woken up it would go on with its next line.
        await AnswersAsync();
        await _server.SignalSessionsAsync("CONT");
        await Command.RunAsync("pkill", ["-f", "^sleep " + Mark("6")]);
        Assert.False(await RunsAsync(Mark("6")));
        Assert.False(File.Exists(ended));
    }

    private string Mark(string which) => $"9000{which}.{_own}";

    private static async Task<bool> RunsAsync(string mark) => (await Command.RunAsync("pgrep", ["-f", mark])).ExitCode == 0;

    private async Task<Task<HostCommandResult>> RunningAsync(string mark)
    {
        var run = _host.RunAsync(HostCommand.Of("sleep", mark) with { Timeout = TimeSpan.FromMinutes(5) }, Token);
        await Eventually.IsTrueAsync(async () => (await Command.RunAsync("pgrep", ["-f", mark])).ExitCode == 0, "it runs");
        return run;
    }

    private async Task AnswersAsync() => Assert.Equal("well\n", (await _host.RunAsync(HostCommand.Of("echo", "well"), Token).WaitAsync(Bound)).Output);

    private static async Task<HostUnreachableException> UnreachableAsync(Task run)
    {
        var error = await Assert.ThrowsAsync<HostUnreachableException>(() => run.WaitAsync(Bound));
        Assert.StartsWith("etcd-1", error.Message);
        return error;
    }

    private sealed class Told(Action<long> act) : IProgress<long>
    {
        public void Report(long value) => act(value);
    }
}
