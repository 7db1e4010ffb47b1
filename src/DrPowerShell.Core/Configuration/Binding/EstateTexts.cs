using System.Security;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Schedules;
using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>A text of one pattern, judged further where a pattern cannot.</summary>
internal abstract class PatternValue(string pattern) : EstateValue
{
    private readonly Regex _shape = new(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    public sealed override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = pattern };

    public sealed override object Read(YamlScalar scalar, EstateSources sources)
    {
        if (scalar.IsPlain && ScalarKind.Of(scalar) is not (ScalarKinds.Text or ScalarKinds.Null))
        {
            return Refuse(scalar) with { Expected = Expected + ": a text, so put it in quotes" };
        }

        return ScalarKind.Of(scalar) == ScalarKinds.Text && !scalar.Text.Any(char.IsControl) && _shape.IsMatch(scalar.Text) ? Parse(scalar, sources) : Refuse(scalar);
    }

    /// <summary>The value, or a refusal.</summary>
    protected abstract object Parse(YamlScalar scalar, EstateSources sources);
}

/// <summary>Any text.</summary>
internal sealed class TextValue() : PatternValue("[^ ]")
{
    public override string Expected => "a text";

    protected override object Parse(YamlScalar scalar, EstateSources sources) => scalar.Text;
}

/// <summary>A path, relative to the estate's folder.</summary>
internal sealed class FileValue() : PatternValue("[^ ]")
{
    public override string Expected => "a file's path";

    protected override object Parse(YamlScalar scalar, EstateSources sources) =>
        // Somebody who pastes a key here must not find it in a log.
        scalar.Text.Contains("SECRET-KEY", StringComparison.OrdinalIgnoreCase) || scalar.Text.Contains("PRIVATE KEY", StringComparison.OrdinalIgnoreCase)
            ? new Refusal("a key itself (not shown here)", Expected)
            : EstatePath.Full(scalar.Text, sources.Folder);
}

/// <summary>A reference to a secret.</summary>
internal sealed class SecretValue() : PatternValue(SecretReference.Pattern)
{
    public override string Expected => "a reference to a secret: env:NAME, file:PATH or secret:VAULT/NAME";

    public override bool MayBeShown => false;

    protected override object Parse(YamlScalar scalar, EstateSources sources) =>
        SecretReference.TryParse(scalar.Text, sources.Folder, out var reference) ? reference : Refuse(scalar);
}

/// <summary>An http or https URL; etcd's without a path and with port 2379 where none is written.</summary>
internal sealed class UrlValue(bool isEndpoint, bool mayBeShown = true) : PatternValue(isEndpoint ? "^https?://[^/?#@ ]+/?$" : "^https?://[^/?#@ ]+(/[^?#@ ]*)?$")
{
    private const int ClientPort = 2379;

    public override bool MayBeShown => mayBeShown;

    public override string Expected => isEndpoint ? "a client URL such as https://etcd-1:2379, without path, user and password"
        : mayBeShown ? "an http or https URL such as https://s3.example.net, without user and password"
        : "an http or https URL without user, password and query; one that holds a secret is named by secretUrl";

    protected override object Parse(YamlScalar scalar, EstateSources sources)
    {
        if (!Uri.TryCreate(scalar.Text, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            return Refuse(scalar);
        }

        // A Uri hides whether its scheme's own port was written; etcd's is another one.
        var authority = scalar.Text[(scalar.Text.IndexOf("://", StringComparison.Ordinal) + 3)..].TrimEnd('/');
        return !isEndpoint || authority.LastIndexOf(':') > authority.LastIndexOf(']') ? uri : new UriBuilder(uri) { Port = ClientPort }.Uri;
    }
}

/// <summary>Where a repository is; a relative folder becomes a full one.</summary>
internal sealed class RepositoryValue() : PatternValue("^((s3|sftp|file)://[^ ]|/|~/|\\.\\.?[/\\\\]|[A-Za-z]:[/\\\\])")
{
    public override string Expected => "s3://bucket/prefix, sftp://user@host/folder, file:///folder, or a folder's path that begins with /, ~/, ./ or ../";

    protected override object Parse(YamlScalar scalar, EstateSources sources)
    {
        var text = scalar.Text.Contains("://", StringComparison.Ordinal) ? scalar.Text : EstatePath.Full(scalar.Text, sources.Folder);
        try
        {
            RepositoryUri.Parse(text);
            return text;
        }
        catch (RepositoryUriNotValidException e)
        {
            // What is written there may hold a password, and only the reason is free of it.
            var reason = e.Message.IndexOf("names no repository: ", StringComparison.Ordinal) is >= 0 and var at ? e.Message[(at + 21)..].TrimEnd('.') : "it cannot be read";
            return Refuse(scalar) with { Expected = $"{Expected} ({FoundText.Short(reason.Replace(text, FoundText.Short(text), StringComparison.Ordinal))})" };
        }
    }
}

/// <summary>An age recipient; where one may be named, also a name.</summary>
internal sealed class RecipientValue(bool mayBeName) : PatternValue(mayBeName ? "^(age1[0-9a-z]+|[A-Za-z0-9][A-Za-z0-9._-]{0,62})$" : "^age1[0-9a-z]+$")
{
    public override string Expected => mayBeName ? "a recipient (age1…) or the name of one from recipients" : "a recipient (age1…)";

    protected override object Parse(YamlScalar scalar, EstateSources sources)
    {
        if (scalar.Text.StartsWith("AGE-SECRET-KEY", StringComparison.OrdinalIgnoreCase))
        {
            return new Refusal("an identity, which is secret (not shown here)", Expected);
        }

        if (!EstateNames.IsRecipient(scalar.Text))
        {
            return scalar.Text;
        }

        try
        {
            sources.Encryption.CheckRecipient(scalar.Text);
            return scalar.Text;
        }
        catch (EncryptionRecipientNotValidException)
        {
            return Refuse(scalar) with { Expected = "a recipient that is whole: its checksum does not fit, so a character is wrong or missing" };
        }
    }
}

/// <summary>When: a cron expression of 5 fields, or a word for one.</summary>
internal sealed class WhenValue() : PatternValue("^((hourly|daily|weekly|monthly|yearly)|[^ ]+( +[^ ]+){4})$")
{
    public override string Expected => "a cron expression of 5 fields such as '0 2 * * *', or hourly, daily, weekly, monthly or yearly";

    protected override object Parse(YamlScalar scalar, EstateSources sources)
    {
        var expression = ScheduleExpression.ToCron(scalar.Text);
        try
        {
            return sources.Calendar.Occurrences(expression, TimeZoneInfo.Utc, sources.Clock.GetUtcNow()).Any()
                ? expression
                : Refuse(scalar) with { Expected = "a schedule that comes to pass: this one never does" };
        }
        catch (ScheduleExpressionNotValidException)
        {
            return Refuse(scalar);
        }
    }
}

/// <summary>A host to log in to.</summary>
internal sealed class SshHostValue() : PatternValue("^[^@: ]+@(\\[[0-9A-Fa-f:.]+\\]|[^@: \\[\\]]+)(:[0-9]{1,5})?$")
{
    public override string Expected => "user@host or user@host:port";

    protected override object Parse(YamlScalar scalar, EstateSources sources)
    {
        var port = scalar.Text.LastIndexOf(':') is var colon && colon > scalar.Text.LastIndexOf(']') && colon > 0 ? scalar.Text[(colon + 1)..] : "22";
        return ushort.TryParse(port, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number > 0 ? scalar.Text : Refuse(scalar);
    }
}

/// <summary>An address of mail, without a name beside it.</summary>
internal sealed class MailAddressValue() : PatternValue("^[^@<>,;:\\s\"]+@[^@<>,;\\s\"]+$")
{
    public override string Expected => "an address such as oncall@example.net";

    protected override object Parse(YamlScalar scalar, EstateSources sources) => scalar.Text;
}

/// <summary>A time zone by its IANA or Windows name.</summary>
internal sealed class TimeZoneValue() : PatternValue("^[A-Za-z][A-Za-z0-9_+-]*([/ .()][A-Za-z0-9_+-]+)*\\)?$")
{
    public override string Expected => "a time zone that this machine knows, such as UTC or Europe/Berlin";

    protected override object Parse(YamlScalar scalar, EstateSources sources)
    {
        try
        {
            return TimeZoneInfo.FindSystemTimeZoneById(scalar.Text);
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or SecurityException or UnauthorizedAccessException or IOException)
        {
            var nearest = NearestName.Of(scalar.Text, TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id));
            return nearest is null ? Refuse(scalar) : Refuse(scalar) with { Expected = $"{Expected} (did you mean {nearest}?)" };
        }
    }
}
