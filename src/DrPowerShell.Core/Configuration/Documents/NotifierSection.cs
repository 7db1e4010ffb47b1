using DrPowerShell.Core.Notifications;
using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Core.Configuration.Documents;

/// <summary>Who is told of runs, and how.</summary>
public sealed record NotifierSection
{
    [EstateKey("webhook: an HTTP POST. command: a program on the machine that runs the recovery. mail: through an SMTP server.", Required = true)]
    public NotifierKind Type { get; init; }

    [EstateKey("What it is told of. Default: everything.", Minimum = 1)]
    public IReadOnlyList<NoticeEvent> Events { get; init; } = [];

    [EstateKey("How long one attempt may take.", Default = "5s")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    [EstateKey("How often one notice is attempted.", Minimum = 1, Maximum = 10, Default = 3)]
    public int Attempts { get; init; } = 3;

    [EstateKey("Of webhook: the address, where it is no secret.", Format = EstateFormat.Webhook)]
    public Uri? Url { get; init; }

    [EstateKey("Of webhook: where the address is kept. Whoever knows the address of a chat's webhook can write there.")]
    public SecretReference? SecretUrl { get; init; }

    [EstateKey("Of webhook: what is sent. json: the notice itself (notice.schema.json). slack and teams: a message for that chat.", Default = "json")]
    public NoticeFormat Format { get; init; }

    [EstateKey("Of webhook: headers to send.", Format = EstateFormat.Scalar)]
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    [EstateKey("Of webhook: headers to send whose values are secrets, such as Authorization.")]
    public IReadOnlyDictionary<string, SecretReference> SecretHeaders { get; init; } = new Dictionary<string, SecretReference>(StringComparer.Ordinal);

    [EstateKey("Of webhook: a PEM file with the authorities that signed the server's certificate. Default: the machine's own.", Format = EstateFormat.File)]
    public string? CaCertificate { get; init; }

    [EstateKey("Of command: the program. It reads the text from its standard input, and finds the JSON in $DRPOWERSHELL_NOTICE; it must exit with 0.", Format = EstateFormat.File)]
    public string? Program { get; init; }

    [EstateKey("Of command: its arguments, each passed as it is written. No shell reads them.", Format = EstateFormat.Scalar)]
    public IReadOnlyList<string> Arguments { get; init; } = [];

    [EstateKey("Of mail: the server.")]
    public string? Host { get; init; }

    [EstateKey("Of mail: the port. Default: 587, with tls 465, without encryption 25.", Minimum = 1, Maximum = 65535)]
    public int? Port { get; init; }

    [EstateKey("Of mail: how the connection is encrypted.", Default = "starttls")]
    public MailSecurity Security { get; init; }

    [EstateKey("Of mail: the user, where the server asks for one.")]
    public string? User { get; init; }

    [EstateKey("Of mail: where the user's password is kept.")]
    public SecretReference? Password { get; init; }

    [EstateKey("Of mail: the sender's address.", Format = EstateFormat.Mail)]
    public string? From { get; init; }

    [EstateKey("Of mail: the addresses that it goes to.", Format = EstateFormat.Mail)]
    public IReadOnlyList<string> To { get; init; } = [];
}
