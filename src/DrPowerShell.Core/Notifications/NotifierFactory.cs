using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Notifications.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Notifications;

/// <summary>Makes notifiers of what the estate says.</summary>
public static class NotifierFactory
{
    private const int SubmissionPort = 587;
    private const int SubmissionsPort = 465;
    private const int SmtpPort = 25;

    /// <summary>Makes one. Reads its secrets; one that cannot be used says so when it is told something, since it must not stop a recovery.</summary>
    /// <param name="name">The estate's name for it.</param>
    /// <param name="section">What the estate says of it.</param>
    /// <param name="secrets">Reads its secrets.</param>
    public static INotifier Open(string name, NotifierSection section, ISecretSource secrets)
    {
        var plain = Plain(name, section);
        try
        {
            var options = plain with
            {
                Url = section.Url ?? (section.SecretUrl is { } reference ? SecretUrl(name, secrets.Read(reference)) : null),
                Headers = section.Headers.Concat(section.SecretHeaders.Select(header => KeyValuePair.Create(header.Key, secrets.Read(header.Value)))).ToDictionary(StringComparer.Ordinal),
                Password = section.Password is null ? null : secrets.Read(section.Password),
            };
            return options.Kind switch
            {
                NotifierKind.Webhook => new WebhookNotifier(options),
                NotifierKind.Command => new CommandNotifier(options),
                _ => ProviderLoader.Catalog.Mail.Open(options),
            };
        }
        catch (RecoveryException e)
        {
            return new UnusableNotifier(plain, e);
        }
    }

    private static NotifierOptions Plain(string name, NotifierSection section) => new()
    {
        Name = name,
        Kind = section.Type,
        Events = section.Events,
        Timeout = section.Timeout,
        Attempts = section.Attempts,
        Format = section.Format,
        CaCertificatePath = section.CaCertificate,
        Program = section.Program,
        Arguments = section.Arguments,
        Host = section.Host,
        Port = section.Port ?? section.Security switch { MailSecurity.Starttls => SubmissionPort, MailSecurity.Tls => SubmissionsPort, _ => SmtpPort },
        Security = section.Security,
        User = section.User,
        From = section.From,
        To = section.To,
    };

    private static Uri SecretUrl(string name, string text) => Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        ? url
        : throw new NotifierNotUsableException(name, "what its secretUrl refers to is no http or https URL.");
}

/// <summary>A notifier that could not be made ready; it says so each time.</summary>
internal sealed class UnusableNotifier(NotifierOptions options, RecoveryException reason) : INotifier
{
    public NotifierOptions Options => options;

    public Task SendAsync(Notice notice, CancellationToken cancellationToken) =>
        Task.FromException(reason as NotifierNotUsableException ?? new NotifierNotUsableException(options.Name, reason.Message, reason));
}
