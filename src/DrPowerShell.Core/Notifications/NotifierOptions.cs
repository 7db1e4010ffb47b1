namespace DrPowerShell.Core.Notifications;

/// <summary>How notices go out.</summary>
public enum NotifierKind
{
    /// <summary>An HTTP POST.</summary>
    Webhook,

    /// <summary>A program on this machine.</summary>
    Command,

    /// <summary>A mail through an SMTP server.</summary>
    Mail,
}

/// <summary>What a webhook is sent.</summary>
public enum NoticeFormat
{
    /// <summary>The notice itself.</summary>
    Json,

    /// <summary>What incoming webhooks of Slack, Mattermost and Rocket.Chat take.</summary>
    Slack,

    /// <summary>What workflow webhooks of Microsoft Teams take: an adaptive card.</summary>
    Teams,
}

/// <summary>How the connection to a mail server is encrypted.</summary>
public enum MailSecurity
{
    /// <summary>From STARTTLS on, which the server must offer.</summary>
    Starttls,

    /// <summary>From the first byte on.</summary>
    Tls,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>A notifier, resolved. Holds secrets; never print it whole.</summary>
public sealed record NotifierOptions
{
    /// <summary>The estate's name for it.</summary>
    public required string Name { get; init; }

    public required NotifierKind Kind { get; init; }

    /// <summary>What it is told of; empty for everything.</summary>
    public IReadOnlyList<NoticeEvent> Events { get; init; } = [];

    /// <summary>How long one attempt may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>At least 1.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>Of a webhook.</summary>
    public Uri? Url { get; init; }

    public NoticeFormat Format { get; init; }

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>A PEM file with the authorities that signed the server's certificate; null for the machine's own.</summary>
    public string? CaCertificatePath { get; init; }

    /// <summary>Of a command: its path.</summary>
    public string? Program { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Of a mail: the server.</summary>
    public string? Host { get; init; }

    public int Port { get; init; }

    public MailSecurity Security { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public string? From { get; init; }

    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>Whether it is told of an event.</summary>
    public bool Takes(NoticeEvent which) => Events.Count == 0 || Events.Contains(which);

    public override string ToString() => Name;
}
