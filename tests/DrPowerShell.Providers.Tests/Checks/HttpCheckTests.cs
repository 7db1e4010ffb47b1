using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Checks.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Providers.Tests.Checks;

/// <summary>Pages, ports and scripts: what passes, what is asked again, and what ends a check at once.</summary>
public sealed class HttpCheckTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<string> _requests = [];
    private Func<string, int, (int Status, string Body, TimeSpan Delay)> _answer = (_, _) => (200, "all is well", TimeSpan.Zero);

    public HttpCheckTests()
    {
        _listener.Start();
        _ = ServeAsync();
    }

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    private CheckSection Page => Ask.Section(CheckKind.Http) with { Url = new Uri($"http://127.0.0.1:{Port}/health") };

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_page_passes_by_status_and_pattern()
    {
        Assert.StartsWith("status 200 in ", (await (Page with { Pattern = "is\\s+well" }).PassesAsync()).Text, StringComparison.Ordinal);
        var missing = await (Page with { Pattern = "unwell" }).FailsAsync();
        Assert.Equal("status 200, but the pattern is not in the answer", missing.Text);
        _answer = (_, _) => (503, "secret-page-planted", TimeSpan.Zero);
        Assert.Equal("status 503, not 200", (await Page.FailsAsync()).Text);
        await (Page with { Status = [200, 503] }).PassesAsync();
        _answer = (_, _) => (302, "", TimeSpan.Zero);
        Assert.Equal("status 302, not 200", (await Page.FailsAsync()).Text);
    }

    [Fact]
    public async Task It_is_asked_again_until_it_passes()
    {
        _answer = (_, number) => (number < 4 ? 500 : 200, "", TimeSpan.Zero);

        var result = await Page.PassesAsync();

        Assert.Equal(4, result.Attempts);
        Assert.True(result.Duration > TimeSpan.FromMilliseconds(120));
    }

    [Fact]
    public async Task A_slow_answer_is_a_failure_and_no_answer_ends_at_the_timeout()
    {
        _answer = (_, _) => (200, "late", TimeSpan.FromMilliseconds(400));
        var slow = await (Page with { MaxLatency = TimeSpan.FromMilliseconds(100) }).FailsAsync();
        Assert.Contains("may take 100 ms at most", slow.Text, StringComparison.Ordinal);
        Assert.True(slow.Latency > TimeSpan.FromMilliseconds(300));

        _answer = (_, _) => (200, "never", TimeSpan.FromMinutes(5));
        var clock = Stopwatch.StartNew();
        var hung = await (Page with { Timeout = TimeSpan.FromMilliseconds(200) }).FailsAsync();
        Assert.StartsWith("no answer within", hung.Text, StringComparison.Ordinal);
        Assert.True(hung.Attempts >= 2, $"{hung.Attempts} attempts");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task Headers_are_sent_and_a_secret_one_is_told_nowhere()
    {
        var check = Page with { Headers = new Dictionary<string, string> { ["X-From"] = "restore" }, SecretHeaders = new Dictionary<string, SecretReference> { ["Authorization"] = Ask.Secret } };

        var result = await check.PassesAsync(Ask.With("Bearer planted"));

        Assert.Contains("X-From: restore", _requests[^1], StringComparison.Ordinal);
        Assert.Contains("Authorization: Bearer planted", _requests[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("planted", result.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("planted", CheckJson.Write([check]).GetRawText(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<CheckNotPossibleException>(() => check.RunAsync(Ask.With("two\r\nlines: planted")));
    }

    [Fact]
    public async Task A_port_is_open_or_it_is_not()
    {
        // Bound from the beginning: nobody else can take the port while nothing listens on it.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        var check = Ask.Section(CheckKind.Tcp) with { Host = "127.0.0.1", Port = port };
        Assert.Contains("refused", (await check.FailsAsync()).Text, StringComparison.OrdinalIgnoreCase);
        socket.Listen();
        Assert.Equal($"127.0.0.1:{port} is open", (await check.PassesAsync()).Text);
    }

    [Fact]
    public async Task A_stopped_check_ends_at_once_and_is_no_result()
    {
        _answer = (_, _) => (200, "never", TimeSpan.FromMinutes(5));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BusinessCheck.RunAsync(Page, new CheckWorld(), null, stop.Token));
    }

    [Fact]
    public async Task A_script_is_held_to_what_it_was_when_the_plan_was_made()
    {
        using var temp = new TempFolder("script");
        File.WriteAllText(temp["a.ps1"], "'approved'");
        var check = Assert.Single(CheckJson.Read(CheckJson.Write([Ask.Section(CheckKind.Script) with { Script = temp["a.ps1"], Parameters = new Dictionary<string, string> { ["A"] = "1" } }])));
        var world = new CheckWorld { Scripts = new Runner() };
        Assert.Equal("the script ended well", (await check.PassesAsync(world)).Text);

        File.WriteAllText(temp["a.ps1"], "'something else'");
        await Assert.ThrowsAsync<CheckScriptChangedException>(() => check.RunAsync(world));
        File.Delete(temp["a.ps1"]);
        await Assert.ThrowsAsync<CheckNotPossibleException>(() => check.RunAsync(world));
        Assert.Throws<CheckNotPossibleException>(() => CheckJson.Write([check with { ScriptSha256 = null }]));
    }

    private async Task ServeAsync()
    {
        for (var number = 1; ; number++)
        {
            try
            {
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync(), number);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(TcpClient client, int number)
    {
        using (client)
        {
            try
            {
                var (buffer, request) = (new byte[8192], "");
                while (!request.Contains("\r\n\r\n", StringComparison.Ordinal) && await client.GetStream().ReadAsync(buffer) is > 0 and var read)
                {
                    request += Encoding.ASCII.GetString(buffer, 0, read);
                }

                lock (_requests)
                {
                    _requests.Add(request);
                }

                var (status, body, delay) = _answer(request, number);
                // Whoever is not waited for any more goes with the process.
                await Task.Delay(delay, TestContext.Current.CancellationToken);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nLocation: /other\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The check has gone away.
            }
        }
    }

    private sealed class Runner : IScriptRunner
    {
        public Task<ScriptResult> RunAsync(ScriptInvocation script, CancellationToken cancellationToken) => Task.FromResult(new ScriptResult(true, [script.Parameters["A"]], null));
    }
}
