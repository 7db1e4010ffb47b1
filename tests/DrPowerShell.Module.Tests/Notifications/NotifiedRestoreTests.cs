using System.Collections.Concurrent;
using System.Runtime.Versioning;
using System.Text.Json;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Module.Tests.Restores;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Notifications;
using Xunit;

namespace DrPowerShell.Module.Tests.Notifications;

/// <summary>A real restore at the prompt, whom it tells, and when; and that the secret of a webhook's address is nowhere.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class NotifiedRestoreTests : IDisposable
{
    private const string Token = "planted-token-T024BE7LD";

    private readonly PostServer _server = new();
    private readonly MailServer _mail = new();

    public void Dispose()
    {
        _server.Dispose();
        _mail.Dispose();
    }

    [Fact]
    public async Task Broken_glass_is_told_before_a_host_is_touched_and_the_end_after_it()
    {
        await using var scene = await RestoreScene.StartAsync(1);
        scene.WriteKeys("dave", "alice");
        scene.Write("hook", _server.At($"/services/{Token}").ToString());
        scene.Write("dead", $"http://127.0.0.1:1/services/{Token}");
        scene.Write("told.sh", $"#!/bin/sh\nprintf '%s\\n' \"$DRPOWERSHELL_NOTICE\" >> '{scene["told"]}'\n");
        File.SetUnixFileMode(scene["told.sh"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        scene.Cluster.More = $"approval: {{ approvers: {{ alice: {scene["alice.pub"]} }} }}\nnotify: [chat, own, post, dead]";
        scene.Cluster.MoreEstate = $$"""
            notifiers:
              chat: { type: webhook, secretUrl: 'file:{{scene["hook"]}}', timeout: 30s }
              own: { type: command, program: {{scene["told.sh"]}}, events: [break-glass, approval-requested] }
              post: { type: mail, host: 127.0.0.1, port: {{_mail.Port}}, security: none, from: dr@example.net, to: [oncall@example.net], events: [break-glass], timeout: 30s }
              dead: { type: webhook, secretUrl: 'file:{{scene["dead"]}}', attempts: 1 }

            """;
        scene.Cluster.WriteEstate();
        await scene.Cluster.KillAsync();

        var request = scene.Run("Get-RecoveryPlan prod -Snapshot (Get-EtcdSnapshot $f/s.db) -AcceptDataLoss 30d | New-RecoveryRequest -SigningKey $f/dave.key -Reason 'INC-4711' -Path $f/r.json -Confirm:$false");
        Assert.Equal(["approval-requested"], Events());
        Assert.Contains("1 of alice must approve", _server.Posts.Single().Body, StringComparison.Ordinal);
        Assert.Single(request.Succeed().Warnings, text => text.Contains("'dead' was not reached for approval-requested", StringComparison.Ordinal));

        // What there is on the host at the moment at which the news arrives.
        ConcurrentDictionary<string, string[]> seen = new();
        var before = Members();
        _server.Answer = (post, _) =>
        {
            seen[Event(post.Body)] = Members();
            return (200, TimeSpan.Zero);
        };
        var result = scene.Run("Restore-EtcdCluster prod -Snapshot (Get-EtcdSnapshot $f/s.db) -AcceptDataLoss 30d -BreakGlass 'alice sleeps, INC-4711' -Confirm:$false -Verbose");

        Assert.Equal("Healthy", result.One.Result.ToString());
        Assert.Equal(["approval-requested", "run-begun", "break-glass", "run-ended"], Events());
        Assert.Equal(before, seen["break-glass"]);
        Assert.NotEqual(before, seen["run-ended"]);
        Assert.Equal(["approval-requested", "break-glass"], File.ReadAllLines(scene["told"]).Select(Event));
        Assert.Contains("REASON: alice sleeps, INC-4711", _server.Posts.ElementAt(2).Body, StringComparison.Ordinal);

        Assert.Contains("Subject: BREAK GLASS: RESTORE OF PROD", Assert.Single(_mail.Mails), StringComparison.Ordinal);
        var run = result.One;
        Assert.Equal(3, ((IEnumerable<object>)run.Findings).Count(finding => (string)((dynamic)finding).Code == "NotifierNotReached"));
        Assert.Equal(3, result.Warnings.Count(warning => warning.Contains("'dead' was not reached", StringComparison.Ordinal)));
        scene.Run($"Export-RecoveryReport -Id {run.Id} -Path $f/report.html").Succeed();
        var html = File.ReadAllText(scene["report.html"]);
        Assert.True(html.IndexOf("BREAK GLASS", StringComparison.Ordinal) < html.IndexOf("<h2", StringComparison.Ordinal), "the report does not begin with it");

        Assert.All(
            Directory.EnumerateFiles(scene["runs"], "*", SearchOption.AllDirectories).Select(File.ReadAllText).Concat(_server.Posts.Select(post => post.Body))
                .Concat([html, File.ReadAllText(scene["told"]), .. result.Verbose, .. result.Warnings, .. request.Warnings]),
            text => Assert.DoesNotContain(Token, text, StringComparison.Ordinal));

        // Without what the files hold: an answer that takes long is not waited for.
        string[] Members() => [.. Directory.EnumerateFileSystemEntries(scene["m1"], "*", SearchOption.AllDirectories).Select(path => $"{path} {File.GetLastWriteTimeUtc(path).Ticks}").Order(StringComparer.Ordinal)];
    }

    private IEnumerable<string> Events() => _server.Posts.Select(post => Event(post.Body));

    private static string Event(string json)
    {
        using var notice = JsonDocument.Parse(json);
        return notice.RootElement.GetProperty("event").GetString()!;
    }
}
