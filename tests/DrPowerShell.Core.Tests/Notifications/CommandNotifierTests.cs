using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using DrPowerShell.Core.Notifications;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Notifications;

/// <summary>Real programs: what they are given, what is told where they fail, and that none is left running.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class CommandNotifierTests : IDisposable
{
    private readonly TempFolder _temp = new("notify");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task It_reads_the_text_and_finds_the_json_and_no_shell_comes_between()
    {
        Program($"cat > '{_temp["text"]}'; printf %s \"$DRPOWERSHELL_NOTICE\" > '{_temp["json"]}'; printf '%s|' \"$@\" > '{_temp["arguments"]}'");

        Assert.Empty(await SendAsync("--to, '$(id); a \"b\"'"));

        Assert.Equal("Restore of prod begun by dave@ops-1\n31 steps, on etcd-1 & <etcd-2>.\nRun restore-1\n", File.ReadAllText(_temp["text"]));
        Assert.Equal("--to|$(id); a \"b\"|", File.ReadAllText(_temp["arguments"]));
        using var json = JsonDocument.Parse(File.ReadAllText(_temp["json"]));
        Assert.Equal("run-begun", json.RootElement.GetProperty("event").GetString());
    }

    [Fact]
    public async Task One_that_fails_is_tried_again_and_its_last_words_are_told()
    {
        Program($"echo . >> '{_temp["count"]}'; echo 'first' >&2; echo 'the pager is off' >&2; exit 3");

        Assert.Equal(["The notifier 'one' was not reached for run-begun: exit code 3: the pager is off."], await SendAsync());
        Assert.Equal(3, File.ReadAllLines(_temp["count"]).Length);
    }

    [Fact]
    public async Task One_that_never_reads_may_still_take_it()
    {
        Program("exec 0<&-; exit 0");

        Assert.Empty(await SendAsync());
    }

    [Fact]
    public async Task One_that_hangs_is_ended_with_all_that_it_started()
    {
        Program($"sleep 300 & echo $! > '{_temp["child"]}'; echo $$ > '{_temp["pid"]}'; wait");
        var clock = Stopwatch.StartNew();

        Assert.Equal(["The notifier 'one' was not reached for run-begun: no answer within 1 s."], await SendAsync(more: ", timeout: 1s, attempts: 1"));

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
        foreach (var name in new[] { "pid", "child" })
        {
            var pid = File.ReadAllText(_temp[name]).Trim();
            await Eventually.IsTrueAsync(() => !File.Exists($"/proc/{pid}/stat") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal), $"{name} has ended", cancellationToken: TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task One_whose_child_holds_the_output_open_is_not_waited_for()
    {
        Program($"sleep 300 & echo $! > '{_temp["child"]}'; exit 0");
        var clock = Stopwatch.StartNew();

        Assert.Empty(await SendAsync());

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
        using var child = Process.GetProcessById(int.Parse(File.ReadAllText(_temp["child"]), System.Globalization.CultureInfo.InvariantCulture));
        child.Kill();
    }

    [Fact]
    public async Task One_that_is_not_there_says_so() =>
        Assert.Contains("page", Assert.Single(await SendAsync(more: ", attempts: 1")), StringComparison.Ordinal);

    private void Program(string body)
    {
        File.WriteAllText(_temp["page"], $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(_temp["page"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private async Task<IReadOnlyList<string>> SendAsync(string arguments = "", string more = "")
    {
        var sender = SampleNotices.Sender(SampleNotices.Open($"{{ type: command, program: {_temp["page"]}, arguments: [{arguments}]{more} }}"));
        await sender.Send(SampleNotices.Of(NoticeEvent.RunBegun));
        return await sender.FlushAsync();
    }
}
