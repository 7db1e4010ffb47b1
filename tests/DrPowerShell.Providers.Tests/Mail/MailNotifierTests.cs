using DrPowerShell.Core.Notifications;
using DrPowerShell.Core.Notifications.Errors;
using DrPowerShell.Providers.Mail;
using DrPowerShell.Testing.Notifications;
using Xunit;

namespace DrPowerShell.Providers.Tests.Mail;

/// <summary>Mails to a server on loopback: what arrives, and what is told where it is not taken.</summary>
public sealed class MailNotifierTests : IDisposable
{
    private const string Password = "planted-password-4711";

    private readonly MailServer _server = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private NotifierOptions Options => new()
    {
        Name = "oncall", Kind = NotifierKind.Mail, Host = "127.0.0.1", Port = _server.Port, Security = MailSecurity.None, From = "dr@example.net", To = ["oncall@example.net", "chief@example.net"],
    };

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task The_text_arrives_at_all_and_break_glass_is_urgent()
    {
        await SendAsync(Options, Notice() with { Title = "BREAK GLASS: RESTORE OF PROD\r\nBcc: all@example.net", Event = NoticeEvent.BreakGlass });

        var mail = Assert.Single(_server.Mails);
        Assert.All(
            ["MAIL FROM:<dr@example.net>", "RCPT TO:<oncall@example.net>", "RCPT TO:<chief@example.net>", "Subject: BREAK GLASS: RESTORE OF PROD Bcc: all@example.net", "REASON: INC-4711", "Priority: urgent", "Message-Id: <"],
            expected => Assert.Contains(expected, mail, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("\nBcc:", mail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_user_is_told_to_the_server_and_to_nobody_else()
    {
        var options = Options with { User = "dr", Password = Password };
        await SendAsync(options, Notice());
        Assert.Contains($"AUTH PLAIN {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"\0dr\0{Password}"))}", Assert.Single(_server.Mails), StringComparison.Ordinal);

        _server.Answer = line => line.StartsWith("AUTH", StringComparison.Ordinal) ? $"535 {Password} is wrong" : null;
        var refused = await Assert.ThrowsAsync<NotifierRefusedException>(() => SendAsync(options, Notice()));
        Assert.Equal("the server does not take its user and password.", refused.Reason);
        Assert.DoesNotContain(Password, options.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RCPT", "550 no such user", true, "the server answered 550.")]
    [InlineData("RCPT", "450 greylisted, come again", false, "the server answered 450.")]
    public async Task What_may_pass_is_told_from_what_does_not(string verb, string answer, bool isRefused, string reason)
    {
        _server.Answer = line => line.StartsWith(verb, StringComparison.Ordinal) ? answer : null;

        var error = await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(Options, Notice()));

        Assert.Equal((isRefused, reason), error is NotifierRefusedException refused ? (true, refused.Reason) : (false, Assert.IsType<NotifierNotReachedException>(error).Reason));
    }

    [Fact]
    public async Task A_server_without_encryption_or_without_life_is_told()
    {
        var refused = await Assert.ThrowsAsync<NotifierRefusedException>(() => SendAsync(Options with { Security = MailSecurity.Starttls }, Notice()));
        Assert.Equal("the server does not offer the encryption that the estate asks for.", refused.Reason);
        Assert.Empty(_server.Mails);

        var options = Options;
        _server.Dispose();
        Assert.Contains("refused", (await Assert.ThrowsAsync<NotifierNotReachedException>(() => SendAsync(options, Notice()))).Reason, StringComparison.OrdinalIgnoreCase);
    }

    private static Notice Notice() => new()
    {
        Event = NoticeEvent.RunEnded, Time = new(2026, 11, 22, 14, 15, 30, TimeSpan.Zero), Run = "restore-1", Kind = "restore", Cluster = "prod", Operator = "dave@ops-1", Title = "Restore of prod: healthy",
        Text = "REASON: INC-4711\n.a line with a dot",
    };

    private static Task SendAsync(NotifierOptions options, Notice notice) => new MailNotifierConnector().Open(options).SendAsync(notice, Token);
}
