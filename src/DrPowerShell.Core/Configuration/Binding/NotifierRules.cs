using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Notifications;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>Which keys each type of notifier takes, and what they ask of one another.</summary>
internal static class NotifierRules
{
    private static readonly string[] Common = ["type", "events", "timeout", "attempts"];
    private static readonly string[] SecretHeaders = ["authorization", "proxy-authorization", "cookie", "x-api-key"];

    // By type: what must be there, and what may be.
    private static readonly Dictionary<NotifierKind, (string[] Needed, string[] Allowed)> Keys = new()
    {
        [NotifierKind.Webhook] = ([], ["url", "secretUrl", "format", "headers", "secretHeaders", "caCertificate"]),
        [NotifierKind.Command] = (["program"], ["arguments"]),
        [NotifierKind.Mail] = (["host", "from", "to"], ["port", "security", "user", "password"]),
    };

    public static void Check(NotifierSection section, YamlMap map, Action<YamlTree, string, string> mistake)
    {
        if (Find(map, "type") is not YamlScalar type || !Enum.TryParse<NotifierKind>(type.Text, ignoreCase: true, out var kind))
        {
            return; // a mistake of its own
        }

        var (needed, allowed) = Keys[kind];
        foreach (var key in needed.Where(key => Find(map, key) is null or YamlList { Items.Count: 0 }))
        {
            mistake(map, $"a notifier of type {type.Text} without '{key}'", $"'{key}' beside it");
        }

        var known = Common.Concat(needed).Concat(allowed).ToArray();
        foreach (var entry in map.Entries.Where(entry => !known.Contains(entry.Key.Text, StringComparer.Ordinal) && Keys.Values.Any(one => one.Needed.Concat(one.Allowed).Contains(entry.Key.Text, StringComparer.Ordinal))))
        {
            mistake(entry.Key, $"'{entry.Key.Text}' in a notifier of type {type.Text}", $"one of {string.Join(", ", known)}");
        }

        switch (kind)
        {
            case NotifierKind.Webhook:
                CheckWebhook(section, map, mistake);
                break;
            case NotifierKind.Mail:
                CheckMail(section, map, mistake);
                break;
        }
    }

    private static void CheckWebhook(NotifierSection section, YamlMap map, Action<YamlTree, string, string> mistake)
    {
        var (url, secret) = (Find(map, "url"), Find(map, "secretUrl"));
        if (url is null == secret is null)
        {
            mistake(map, url is null ? "neither 'url' nor 'secretUrl'" : "'url' beside 'secretUrl'", "one of the two");
        }
        else if (url is not null && section.Format != NoticeFormat.Json)
        {
            mistake(url, "the address of a chat's webhook, which is a secret (not shown here)", "'secretUrl' with a reference to it");
        }

        foreach (var header in ((Find(map, "headers") as YamlMap)?.Entries ?? []).Where(header => SecretHeaders.Contains(header.Key.Text.ToLowerInvariant(), StringComparer.Ordinal)))
        {
            mistake(header.Key, $"the header '{header.Key.Text}', whose value is a secret", "it under 'secretHeaders', with a reference");
        }
    }

    private static void CheckMail(NotifierSection section, YamlMap map, Action<YamlTree, string, string> mistake)
    {
        foreach (var (key, other) in new[] { ("user", "password"), ("password", "user") })
        {
            if (Find(map, key) is { } at && Find(map, other) is null)
            {
                mistake(at, $"'{key}' alone", $"'{other}' beside it");
            }
        }

        if (Find(map, "password") is { } password && section.Security == MailSecurity.None)
        {
            mistake(password, "a password for a connection without encryption", "security: starttls or tls, or no password");
        }
    }

    private static YamlTree? Find(YamlMap map, string key) => map.Entries.FirstOrDefault(entry => entry.Key.Text == key)?.Value;
}
