using System.Security.Cryptography;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Providers.Tests.Ssh;

/// <summary>What every host does, however it is reached: commands. Files are in the other half.</summary>
public abstract partial class HostContractTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new("host");

    protected IHost Host { get; private set; } = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One more way to the same machine, as root.</summary>
    protected abstract Task<IHost> OpenAsync();

    public async ValueTask InitializeAsync() => Host = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task It_tells_who_and_where_we_are()
    {
        var facts = await Host.GetFactsAsync(Token);
        Assert.Equal((await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id", Token)).Trim(), facts.BootId);
        Assert.Equal((0, "root"), (facts.UserId, facts.User));
        Assert.StartsWith("Linux ", facts.OperatingSystem);
        Assert.NotEmpty(facts.HostName);
        Assert.InRange(facts.ClockOffset, TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        string[] odd = ["", " ", "a b", "'", "\"", "'\\''", "$HOME", "`id`", "$(id)", "\\", "\\n", "two\nlines", "\n", "*", "~", "-n", "--", "%s", "!!", "#", ";", "&", "|", "tab\t", "ü 漢字 🙂", new string('x', 20_000)];
        var result = await Host.RunAsync(HostCommand.Of(["printf", "%s\\0", .. odd]), Token);
        Assert.Equal("", result.Error);
        Assert.Equal(odd, result.Output.Split('\0')[..^1]);
    }

    [Fact]
    public async Task Input_arrives_whole_and_no_input_is_an_end_at_once()
    {
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        var result = await Host.RunAsync(HostCommand.Of("sha256sum") with { Input = bytes }, Token);
        Assert.StartsWith(Convert.ToHexString(SHA256.HashData(bytes)).ToLowerInvariant(), result.Output);
        Assert.Equal(new HostCommandResult(0, "", ""), await Host.RunAsync(HostCommand.Of("cat"), Token));

        // One that does not read it ends all the same.
        Assert.Equal(5, (await Host.RunAsync(HostCommand.Shell("exit 5") with { Input = bytes }, Token)).ExitCode);
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 1", 1)]
    [InlineData("exit 3", 3)]
    [InlineData("exit 255", 255)]
    [InlineData("kill -KILL $$", 137)]
    [InlineData("kill -TERM $$", 143)]
    public async Task An_exit_code_is_an_answer(string line, int code) => Assert.Equal(code, (await Host.RunAsync(HostCommand.Shell(line), Token)).ExitCode);

    [Fact]
    public async Task A_program_that_is_not_there_is_exit_code_127_and_named()
    {
        var result = await Host.RunAsync(HostCommand.Of("no-such-program-here", "x"), Token);
        Assert.Equal(127, result.ExitCode);
        Assert.Contains("no-such-program-here", result.Reason);
    }

    [Fact]
    public async Task Both_streams_are_kept_apart_and_cut_at_a_mebibyte()
    {
        var small = await Host.RunAsync(HostCommand.Shell("echo out; echo first >&2; echo 'the reason' >&2; exit 9"), Token);
        Assert.Equal(new HostCommandResult(9, "out\n", "first\nthe reason\n"), small);
        Assert.Equal("the reason", small.Reason);

        var large = await Host.RunAsync(HostCommand.Shell("head -c 3000000 /dev/zero | tr '\\0' o; head -c 3000000 /dev/zero | tr '\\0' e >&2; exit 4"), Token);
        Assert.Equal(4, large.ExitCode);
        Assert.InRange(large.Output.Length, 1 << 20, 1 << 20);
        Assert.InRange(large.Error.Length, 1_000_000, 1 << 20);
        Assert.All(large.Output[..1000], letter => Assert.Equal('o', letter));
        Assert.All(large.Error[..1000], letter => Assert.Equal('e', letter));
    }

    [Theory]
    [InlineData("sleep $0")]
    [InlineData("trap '' TERM INT HUP; sleep $0 & sleep $0; sleep $0")]
    [InlineData("setsid sleep $0 & setsid sh -c 'trap \"\" TERM; while :; do sleep '$0'; done' & (sleep $0 & sleep $0) & cat /dev/zero >/dev/null")]
    public async Task A_command_that_takes_too_long_is_ended_there_with_all_it_started(string line)
    {
        var mark = Mark();
        var command = new HostCommand { Arguments = ["/bin/sh", "-c", line, mark], Timeout = TimeSpan.FromSeconds(1) };
        var error = await Assert.ThrowsAsync<HostCommandTimedOutException>(() => Host.RunAsync(command, Token));
        Assert.StartsWith(Host.Name + ": ", error.Message);
        await NothingRunsAsync(mark);

        // The way there is good for more.
        Assert.Equal("still\n", (await Host.RunAsync(HostCommand.Of("echo", "still"), Token)).Output);
    }

    [Fact]
    public async Task A_command_that_is_cancelled_is_ended_there()
    {
        var mark = Mark();
        using var cancel = new CancellationTokenSource();
        var run = Host.RunAsync(new HostCommand { Arguments = ["/bin/sh", "-c", "sleep $0 & sleep $0", mark] }, cancel.Token);
        await Eventually.IsTrueAsync(async () => await CountAsync(mark) > 0, "it runs");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        await NothingRunsAsync(mark);
    }

    [Fact]
    public async Task A_command_that_is_cancelled_at_any_moment_leaves_nothing_running()
    {
        await Host.GetFactsAsync(Token);
        var mark = Mark();
        for (var moment = 0; moment < 30; moment++)
        {
            using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(moment * moment / 4.0));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Host.RunAsync(new HostCommand { Arguments = ["sleep", mark] }, cancel.Token));
        }

        await NothingRunsAsync(mark);
    }

    [Fact]
    public async Task A_command_that_leaves_something_running_has_ended_when_it_has()
    {
        var mark = Mark();
        var result = await Host.RunAsync(new HostCommand { Arguments = ["/bin/sh", "-c", "sleep $0 & echo started; echo $! >&2", mark] }, Token);
        Assert.Equal("started\n", result.Output);
        var process = Assert.Single(await Host.GetProcessesAsync(Token), process => process.Arguments.SequenceEqual(["sleep", mark]));
        Assert.Equal((result.Error.Trim(), "root"), (process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), process.User));
        await Host.RunAsync(HostCommand.Of("kill", "-KILL", result.Error.Trim()), Token);
        await NothingRunsAsync(mark);
    }

    [Fact]
    public async Task Ports_are_those_that_something_listens_on()
    {
        var port = FreePorts.Next();
        Assert.DoesNotContain(port, await Host.GetListeningPortsAsync(Token));
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, port);
        listener.Start();
        Assert.Contains(port, await Host.GetListeningPortsAsync(Token));
        listener.Stop();
        Assert.DoesNotContain(port, await Host.GetListeningPortsAsync(Token));
    }

    // A time that no other sleeps.
    private static string Mark() => $"9{Random.Shared.Next(100_000, 999_999)}.{Random.Shared.Next(100_000, 999_999)}";

    private async Task<int> CountAsync(string mark) =>
        (await Host.GetProcessesAsync(Token)).Count(process => process.Arguments.Contains(mark));

    private Task NothingRunsAsync(string mark) => Eventually.IsTrueAsync(async () => await CountAsync(mark) == 0, $"nothing with {mark} runs on the host");
}
