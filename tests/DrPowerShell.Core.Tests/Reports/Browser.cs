using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Reports;

/// <summary>A headless Chromium, driven by its DevTools protocol: started once for all pages, with a profile of its own, ended with all its processes.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Flags =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-breakpad", "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-port=0", "about:blank",
    ];

    private readonly TempFolder _profile = new("browser");
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _calls = new();
    private readonly ConcurrentQueue<JsonNode> _events = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private Process? _process;
    private Task _reading = Task.CompletedTask;
    private int _last;

    public async ValueTask InitializeAsync()
    {
        var start = new ProcessStartInfo("chromium", [.. Flags, $"--user-data-dir={_profile.FullName}"]) 
        {
            UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true,
        };
        _process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        const string Mark = "DevTools listening on ";
        var told = new List<string>();
        while (true)
        {
            var line = await _process.StandardError.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException("chromium ended: " + string.Join('\n', told));
            told.Add(line);
            if (line.StartsWith(Mark, StringComparison.Ordinal))
            {
                await _socket.ConnectAsync(new Uri(line[Mark.Length..].Trim()), limit.Token);
                break;
            }
        }

        // Whatever it goes on to say must not fill the pipe.
        _ = _process.StandardError.ReadToEndAsync(CancellationToken.None);
        _reading = Task.Run(ReadAsync);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
        {
            return;
        }

        try
        {
            await CallAsync("Browser.close", new JsonObject()).WaitAsync(TimeSpan.FromSeconds(10));
            await _process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException or WebSocketException or InvalidOperationException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        await _end.CancelAsync();
        await _reading;
        _socket.Dispose();
        _process.Dispose();
        _profile.Dispose();
    }

    /// <summary>Opens a file in a page of its own, prints it, and closes it again.</summary>
    /// <param name="path">The file.</param>
    /// <param name="measure">JavaScript that runs in the page as paper has it, 184 mm wide; its value must be JSON.</param>
    public async Task<BrowsedPage> OpenAsync(string path, string measure)
    {
        _events.Clear();
        var target = (await CallAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" }))["targetId"]!.GetValue<string>();
        var session = (await CallAsync("Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true }))["sessionId"]!.GetValue<string>();
        foreach (var domain in new[] { "Log.enable", "Runtime.enable", "Network.enable", "Page.enable" })
        {
            await CallAsync(domain, new JsonObject(), session);
        }

        await CallAsync("Page.navigate", new JsonObject { ["url"] = new Uri(path).AbsoluteUri }, session);
        await EventAsync("Page.loadEventFired", session);
        await CallAsync("Emulation.setEmulatedMedia", new JsonObject { ["media"] = "print" }, session);
        await CallAsync("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = 695, ["height"] = 1000, ["deviceScaleFactor"] = 1, ["mobile"] = false }, session);
        var measured = await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = $"JSON.stringify({measure})", ["returnByValue"] = true }, session);
        await CallAsync("Emulation.clearDeviceMetricsOverride", new JsonObject(), session);
        await CallAsync("Emulation.setEmulatedMedia", new JsonObject { ["media"] = "" }, session);
        var pdf = (await CallAsync("Page.printToPDF", new JsonObject { ["preferCSSPageSize"] = true, ["printBackground"] = true }, session))["data"]!.GetValue<string>();
        await CallAsync("Target.closeTarget", new JsonObject { ["targetId"] = target });
        var events = _events.Where(one => one["sessionId"]?.GetValue<string>() == session).ToList();
        return new BrowsedPage(
            [.. Of("Log.entryAdded").Concat(Of("Runtime.consoleAPICalled")).Concat(Of("Runtime.exceptionThrown"))],
            [.. events.Where(one => Is(one, "Network.requestWillBeSent")).Select(one => one["params"]!["request"]!["url"]!.GetValue<string>())],
            JsonDocument.Parse(measured["result"]!["value"]!.GetValue<string>()).RootElement,
            Convert.FromBase64String(pdf));

        IEnumerable<string> Of(string method) => events.Where(one => Is(one, method)).Select(one => one.ToJsonString());
    }

    private async Task<JsonNode> CallAsync(string method, JsonObject parameters, string? session = null)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = _calls[id] = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session is not null)
        {
            call["sessionId"] = session;
        }

        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(call), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        var result = await answer.Task.WaitAsync(TimeSpan.FromMinutes(2));
        return result["error"] is { } error ? throw new InvalidOperationException($"{method}: {error.ToJsonString()}") : result["result"]!;
    }

    private async Task EventAsync(string method, string session)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!_events.Any(one => Is(one, method) && one["sessionId"]?.GetValue<string>() == session))
        {
            await _arrived.WaitAsync(limit.Token);
        }
    }

    private async Task ReadAsync()
    {
        var (buffer, message) = (new byte[1 << 16], new MemoryStream());
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer.AsMemory(), _end.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                message.Write(buffer, 0, part.Count);
                if (part.EndOfMessage)
                {
                    Take(JsonNode.Parse(message.ToArray())!);
                    message.SetLength(0);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            foreach (var call in _calls.Values)
            {
                call.TrySetException(new InvalidOperationException("chromium has gone: " + e.Message));
            }
        }
    }

    private void Take(JsonNode message)
    {
        if (message["id"] is { } id)
        {
            _calls[id.GetValue<int>()].TrySetResult(message);
        }
        else
        {
            _events.Enqueue(message);
            _arrived.Release();
        }
    }

    private static bool Is(JsonNode message, string method) => message["method"]?.GetValue<string>() == method;
}

/// <summary>What came of a page.</summary>
/// <param name="Told">Entries of the log and the console, and exceptions.</param>
/// <param name="Requests">The addresses that were asked for.</param>
/// <param name="Measured">What the script found.</param>
/// <param name="Pdf">The page, printed.</param>
public sealed record BrowsedPage(IReadOnlyList<string> Told, IReadOnlyList<string> Requests, JsonElement Measured, byte[] Pdf);
