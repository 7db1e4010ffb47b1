using System.Diagnostics;
using System.Text.Json;
using DrPowerShell.Core.Notifications;
using DrPowerShell.Testing.Notifications;
using Xunit;

namespace DrPowerShell.Core.Tests.Notifications;

/// <summary>Posts to a real HTTP server: what it is sent, when it is asked again, and what is told where it does not take it.</summary>
public sealed class WebhookNotifierTests : IDisposable
{
    private readonly PostServer _server = new();

    private string Secret => _server.At($"/services/{SampleNotices.Token}?key={SampleNotices.Token}").ToString();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task The_notice_is_posted_with_headers_to_the_secret_address()
    {
        var missed = await SendAsync("{ type: webhook, secretUrl: 'env:HOOK', headers: { X-Team: 7 }, secretHeaders: { Authorization: 'env:HOOK' } }", SampleNotices.Of(NoticeEvent.BreakGlass), Secret);

        Assert.Empty(missed);
        var post = Assert.Single(_server.Posts);
        Assert.Equal(("POST", new Uri(Secret).PathAndQuery, "7", Secret, "application/json; charset=utf-8"), (post.Method, post.Path, post.Headers["X-Team"], post.Headers["Authorization"], post.Headers["Content-Type"]));
        using var json = JsonDocument.Parse(post.Body);
        Assert.Equal(("drpowershell/notice/1", "break-glass", "restore-1", "prod", "dave@ops-1"), (Text("schema"), Text("event"), Text("run"), Text("cluster"), Text("operator")));
        Assert.Equal(Environment.MachineName, Text("machine"));
        Assert.Equal("2026-11-22T14:15:30+00:00", Text("time"));

        string? Text(string name) => json.RootElement.GetProperty(name).GetString();
    }

    [Fact]
    public async Task A_chat_is_sent_its_own_form_and_nobody_is_mentioned_by_a_text()
    {
        await SendAsync("{ type: webhook, secretUrl: 'env:HOOK', format: slack }", SampleNotices.Of(NoticeEvent.RunEnded, "<!channel> & co"), Secret);
        await SendAsync("{ type: webhook, secretUrl: 'env:HOOK', format: teams }", SampleNotices.Of(NoticeEvent.RunEnded), Secret);

        var posts = _server.Posts.ToArray();
        using var slack = JsonDocument.Parse(posts[0].Body);
        Assert.Equal("*&lt;!channel&gt; &amp; co*\n31 steps, on etcd-1 &amp; &lt;etcd-2&gt;.\nRun restore-1", slack.RootElement.GetProperty("text").GetString());
        using var teams = JsonDocument.Parse(posts[1].Body);
        var card = teams.RootElement.GetProperty("attachments")[0];
        Assert.Equal("application/vnd.microsoft.card.adaptive", card.GetProperty("contentType").GetString());
        Assert.Equal(
            ["Restore of prod begun by dave@ops-1", "31 steps, on etcd-1 & <etcd-2>.", "Run restore-1"],
            card.GetProperty("content").GetProperty("body").EnumerateArray().Select(block => block.GetProperty("inlines")[0].GetProperty("text").GetString()));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(429)]
    public async Task What_may_pass_is_tried_again_with_the_same_id(int status)
    {
        _server.Answer = (_, number) => (number < 3 ? status : 202, TimeSpan.Zero);

        Assert.Empty(await SendAsync("{ type: webhook, secretUrl: 'env:HOOK' }", SampleNotices.Of(NoticeEvent.RunBegun), Secret));

        Assert.Equal(3, _server.Posts.Count);
        Assert.Single(_server.Posts.Select(post => JsonDocument.Parse(post.Body).RootElement.GetProperty("id").GetString()).Distinct());
    }

    [Theory]
    [InlineData(500, 3, "status 500.")]
    [InlineData(404, 1, "status 404.")]
    [InlineData(302, 1, "status 302.")]
    public async Task What_is_not_taken_is_told_without_the_address(int status, int attempts, string reason)
    {
        _server.Answer = (_, _) => (status, TimeSpan.Zero);

        var missed = await SendAsync("{ type: webhook, secretUrl: 'env:HOOK' }", SampleNotices.Of(NoticeEvent.RunBegun), Secret);

        Assert.Equal([$"The notifier 'one' was not reached for run-begun: {reason}"], missed);
        Assert.Equal(attempts, _server.Posts.Count);
    }

    [Fact]
    public async Task A_server_that_hangs_or_is_not_there_costs_no_more_than_its_attempts()
    {
        _server.Answer = (_, _) => (200, TimeSpan.FromMinutes(5));
        var clock = Stopwatch.StartNew();
        Assert.Equal(["The notifier 'one' was not reached for run-begun: no answer within 1 s."], await SendAsync("{ type: webhook, secretUrl: 'env:HOOK', timeout: 1s, attempts: 2 }", SampleNotices.Of(NoticeEvent.RunBegun), Secret));
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(20));
        Assert.Equal(2, _server.Posts.Count);

        var secret = Secret;
        _server.Dispose();
        var missed = Assert.Single(await SendAsync("{ type: webhook, secretUrl: 'env:HOOK', attempts: 1 }", SampleNotices.Of(NoticeEvent.RunBegun), secret));
        Assert.Contains("refused", missed, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(SampleNotices.Token, missed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ type: webhook, secretUrl: 'env:HOOK' }", "what its secretUrl refers to is no http or https URL.")]
    [InlineData("{ type: webhook, secretUrl: 'env:MISSING' }", "There is no secret at 'env:MISSING': the environment variable is not set.")]
    [InlineData("{ type: webhook, url: 'http://127.0.0.1:1/', caCertificate: /nowhere.pem }", "its caCertificate cannot be read: Could not find file '/nowhere.pem'.")]
    [InlineData("{ type: webhook, url: 'http://127.0.0.1:1/', secretHeaders: { X-Key: 'env:HOOK' } }", "'X-Key' is no header that can be sent, or its value has a line break.")]
    public async Task One_that_cannot_be_used_says_so_when_it_is_told_something(string section, string reason)
    {
        var missed = await SendAsync(section, SampleNotices.Of(NoticeEvent.RunBegun), $"no url\n{SampleNotices.Token}");

        Assert.Equal([$"The notifier 'one' was not reached for run-begun: {reason}"], missed);
    }

    private static async Task<IReadOnlyList<string>> SendAsync(string section, Notice notice, string secret)
    {
        var sender = SampleNotices.Sender(SampleNotices.Open(section, secret));
        await sender.Send(notice);
        return await sender.FlushAsync();
    }
}
