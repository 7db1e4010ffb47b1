using System.Globalization;
using System.Net.Sockets;
using DrPowerShell.Core.Notifications;
using DrPowerShell.Core.Notifications.Errors;
using DrPowerShell.Core.Ports;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace DrPowerShell.Providers.Mail;

/// <summary>Makes notifiers by mail.</summary>
internal sealed class MailNotifierConnector : INotifierConnector
{
    public INotifier Open(NotifierOptions options) => new MailNotifier(options);
}

/// <summary>Sends notices as plain text through an SMTP server.</summary>
internal sealed class MailNotifier(NotifierOptions options) : INotifier
{
    // RFC 5321: replies of 4xx may pass, those of 5xx do not.
    private const int FirstPermanent = 500;

    public NotifierOptions Options => options;

    public async Task SendAsync(Notice notice, CancellationToken cancellationToken)
    {
        using var message = Message(notice);
        using var client = new SmtpClient();
        try
        {
            await client.ConnectAsync(options.Host!, options.Port, Security, cancellationToken).ConfigureAwait(false);
            if (options.User is { } user)
            {
                await client.AuthenticateAsync(user, options.Password ?? "", cancellationToken).ConfigureAwait(false);
            }

            await client.SendAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch (SmtpCommandException e)
        {
            var reason = string.Create(CultureInfo.InvariantCulture, $"the server answered {(int)e.StatusCode}.");
            throw (int)e.StatusCode >= FirstPermanent ? new NotifierRefusedException(options.Name, reason, e) : new NotifierNotReachedException(options.Name, reason, e);
        }
        catch (Exception e) when (e is AuthenticationException or NotSupportedException)
        {
            // Whoever is refused once is locked out after a few more times.
            throw new NotifierRefusedException(options.Name, e is AuthenticationException ? "the server does not take its user and password." : "the server does not offer the encryption that the estate asks for.", e);
        }
        catch (Exception e) when (e is SocketException or IOException or SslHandshakeException or SmtpProtocolException)
        {
            throw new NotifierNotReachedException(options.Name, e is SslHandshakeException ? "its certificate is not trusted, or TLS failed." : Innermost(e), e);
        }

        await QuitAsync(client, cancellationToken).ConfigureAwait(false);
    }

    private static async Task QuitAsync(SmtpClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or SmtpProtocolException or SmtpCommandException)
        {
            // The mail was taken already, and must not be sent again.
        }
    }

    private SecureSocketOptions Security => options.Security switch
    {
        MailSecurity.Starttls => SecureSocketOptions.StartTls,
        MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
        _ => SecureSocketOptions.None,
    };

    private MimeMessage Message(Notice notice)
    {
        var message = new MimeMessage { Subject = notice.Title.ReplaceLineEndings(" "), Body = new TextPart("plain") { Text = notice.Text + "\n" } };
        message.From.Add(new MailboxAddress("DrPowerShell", options.From!));
        message.To.AddRange(options.To.Select(address => new MailboxAddress("", address)));

        // The same at every attempt: servers and clients show one that came twice once.
        message.MessageId = $"{notice.Id}@{Environment.MachineName.ToLowerInvariant()}";
        message.Date = notice.Time;
        if (notice.Event is NoticeEvent.BreakGlass or NoticeEvent.NeedsPerson)
        {
            message.Priority = MessagePriority.Urgent;
            message.Importance = MessageImportance.High;
        }

        return message;
    }

    private static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }

        return e.Message.ReplaceLineEndings(" ").TrimEnd('.') + ".";
    }
}
