using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Services;
using DrPowerShell.Core.Services.Errors;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Services;

/// <summary>Services of the estate's own commands, which may be missing, fail or hang.</summary>
public sealed class CommandServiceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder = new("command");
    private readonly int _port = FreePorts.Next();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Start => $"setsid {ServiceMachine.Listener(_port)} >/dev/null 2>&1 </dev/null & echo $! >{_folder["pid"]}";

    private string Stop => $"kill $(cat {_folder["pid"]})";

    private string Status => $"[ -d /proc/$(cat {_folder["pid"]} 2>/dev/null || echo none) ]";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Commands_start_and_stop_it_and_ports_prove_it()
    {
        var service = Open(Start, Stop, Status);
        await RoundAsync(service);
        Assert.Contains("status command: exit code 1", (await service.GetStateAsync(Token)).Evidence);
    }

    [Fact]
    public async Task Without_a_status_command_ports_and_process_tell()
    {
        await RoundAsync(Open(Start, Stop, null));
        await RoundAsync(new CommandService(new ServiceOptions { Name = "etcd", Host = "here", Kind = ServiceKind.Command, StartCommand = Start, StopCommand = Stop, ProcessText = $"LocalPort=>{_port}," }, Here()));
    }

    [Fact]
    public async Task Without_anything_to_measure_by_it_says_so()
    {
        var service = new CommandService(new ServiceOptions { Name = "etcd", Host = "here", Kind = ServiceKind.Command, StartCommand = "true" }, Here());
        var error = await Assert.ThrowsAsync<ServiceCommandMissingException>(() => service.GetStateAsync(Token));
        Assert.Contains("status", error.RecommendedAction);
        Assert.Contains("etcd on here", error.Message);
    }

    [Fact]
    public async Task A_command_that_is_missing_is_named()
    {
        Assert.Contains("start", (await Assert.ThrowsAsync<ServiceCommandMissingException>(() => Open(null, Stop, "exit 3").StartAsync(Token))).Message);
        Assert.Contains("stop", (await Assert.ThrowsAsync<ServiceCommandMissingException>(() => Open(Start, null, "exit 0").StopAsync(Token))).Message);
    }

    [Theory]
    [InlineData("no-such-program", 127)]
    [InlineData("/etc/passwd", 126)]
    [InlineData("exit 4", 4)]
    [InlineData("kill -9 $$", 137)]
    public async Task A_status_that_cannot_tell_is_not_taken_for_down(string status, int code)
    {
        var error = await Assert.ThrowsAsync<ServiceCommandFailedException>(() => Open(Start, Stop, status).GetStateAsync(Token));
        Assert.Contains($"exit code {code}", error.Message);
        Assert.Contains(status, error.Message);
        Assert.StartsWith("etcd on here", error.Message);
    }

    [Fact]
    public async Task A_status_that_says_down_while_the_port_is_open_does_not_prove_it_and_the_stop_is_done()
    {
        var service = Open(Start, Stop, "exit 3");
        await service.StartAsync(Token);
        await Eventually.IsTrueAsync(async () => (await service.GetStateAsync(Token)).OpenPorts.Count == 1, "it listens");
        Assert.Equal(ServiceActivity.Between, (await service.GetStateAsync(Token)).Activity);
        var error = await Assert.ThrowsAsync<ServiceNotDownException>(() => service.WaitUntilDownAsync(TimeSpan.FromSeconds(0.3), Token));
        Assert.Contains("perl", Assert.Single(error.Holders));
        await service.StopAsync(Token);
        await service.WaitUntilDownAsync(Patience, Token);
    }

    [Fact]
    public async Task A_command_that_fails_or_hangs_is_told_with_what_it_said()
    {
        var failing = Open("echo no licence >&2; exit 7", Stop, "exit 3");
        var error = await Assert.ThrowsAsync<ServiceCommandFailedException>(() => failing.StartAsync(Token));
        Assert.Contains("exit code 7: no licence", error.Message);

        var hanging = Open("exec sleep 1000", Stop, "exec sleep 1000");
        Assert.Contains("does not end", (await Assert.ThrowsAsync<ServiceCommandFailedException>(() => hanging.GetStateAsync(Token))).Message);
        var foreground = Open("exec sleep 1000", Stop, "exit 3");
        var hung = await Assert.ThrowsAsync<ServiceCommandFailedException>(() => foreground.StartAsync(Token));
        Assert.Contains("background", hung.RecommendedAction);
    }

    [Fact]
    public async Task A_stop_that_is_under_way_still_is_ended_with_all_that_it_has_started_and_what_it_was_to_stop_stays_up()
    {
        // Its own number tells it from all that other tests wait for.
        var wait = $"sleep 1{_port}";
        var service = Open(Start, $"{wait} & setsid {wait}; {Stop}", Status);
        await service.EndStopAsync(Token);
        await service.StartAsync(Token);
        await service.WaitUntilUpAsync(Patience, Token);
        var left = service.StopAsync(Token);
        await Eventually.IsTrueAsync(async () => await WaitingAsync() == 2, "it waits");

        await service.EndStopAsync(Token);

        await Assert.ThrowsAsync<ServiceCommandFailedException>(() => left);
        Assert.Equal(0, await WaitingAsync());
        Assert.Equal(ServiceActivity.Up, (await service.GetStateAsync(Token)).Activity);
        (await Command.RunAsync("/bin/sh", ["-c", Stop])).ThrowIfFailed();
        await service.WaitUntilDownAsync(Patience, Token);

        async Task<int> WaitingAsync() => (await Here().GetProcessesAsync(Token)).Count(process => string.Join(' ', process.Arguments) == wait);
    }

    [Fact]
    public async Task Something_that_never_comes_up_is_told_with_what_was_seen()
    {
        var service = Open("true", "true", "exit 0");
        var error = await Assert.ThrowsAsync<ServiceNotUpException>(() => service.WaitUntilUpAsync(TimeSpan.FromSeconds(0.5), Token));
        Assert.Contains($"status command: up; closed: {_port}", error.Message);
    }

    private static async Task RoundAsync(CommandService service)
    {
        Assert.Equal(ServiceActivity.Down, (await service.GetStateAsync(Token)).Activity);
        for (var i = 0; i < 2; i++)
        {
            await service.StartAsync(Token);
            await service.WaitUntilUpAsync(Patience, Token);
        }

        for (var i = 0; i < 2; i++)
        {
            await service.StopAsync(Token);
            await service.WaitUntilDownAsync(Patience, Token);
        }
    }

    private static LocalHost Here() => new(new HostOptions { Name = "here", Kind = HostKind.Local });

    private CommandService Open(string? start, string? stop, string? status) => new(
        new ServiceOptions { Name = "etcd", Host = "here", Kind = ServiceKind.Command, StartCommand = start, StopCommand = stop, StatusCommand = status, Ports = [_port] }, Here())
    {
        StatusPatience = TimeSpan.FromSeconds(status?.Contains("sleep", StringComparison.Ordinal) == true ? 1 : 30),
        Patience = TimeSpan.FromSeconds(start?.Contains("exec sleep", StringComparison.Ordinal) == true ? 1 : 30),
    };
}
