using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>Chooses what a scalar of a document type may be, by its type and its attribute.</summary>
internal static class EstateValues
{
    /// <param name="type">The property's type, or its items'.</param>
    /// <param name="rules">The property's attribute.</param>
    /// <param name="isNamed">Whether the scalar is one that the estate gives a name to.</param>
    public static EstateValue For(Type type, EstateKeyAttribute rules, bool isNamed)
    {
        if (type.IsEnum)
        {
            return new WordValue(type, rules.Values);
        }

        return true switch
        {
            _ when type == typeof(bool) => new BooleanValue(),
            _ when type == typeof(TimeSpan) && rules.Format == EstateFormat.Latency => new LatencyValue(),
            _ when type == typeof(TimeSpan) => new DurationValue(),
            _ when type == typeof(TimeZoneInfo) => new TimeZoneValue(),
            _ when type == typeof(SecretReference) => new SecretValue(),
            _ when type == typeof(long) && rules.Format == EstateFormat.Size => new SizeValue(),
            _ when type == typeof(int) || type == typeof(long) || type == typeof(double) => new NumberValue(type, rules.Minimum, rules.Maximum),
            _ when type == typeof(Uri) => new UrlValue(rules.Format == EstateFormat.Endpoint, mayBeShown: rules.Format != EstateFormat.Webhook),
            _ when type == typeof(string) => rules.Format switch
            {
                EstateFormat.Text => new TextValue(),
                EstateFormat.File => new FileValue(),
                EstateFormat.Repository => new RepositoryValue(),
                EstateFormat.Recipient => new RecipientValue(mayBeName: !isNamed),
                EstateFormat.When => new WhenValue(),
                EstateFormat.SshHost => new SshHostValue(),
                EstateFormat.Scalar => new ScalarValue(),
                EstateFormat.Pattern => new ExpressionValue(),
                EstateFormat.Mail => new MailAddressValue(),
                _ => throw new InvalidOperationException($"{rules.Format} is no format of a text."),
            },
            _ => throw new InvalidOperationException($"{type} has no form in an estate."),
        };
    }
}

/// <summary>true or false.</summary>
internal sealed class BooleanValue : EstateValue
{
    public override string Expected => "true or false";

    public override JsonObject Schema() => new() { ["type"] = "boolean" };

    public override object Read(YamlScalar scalar, EstateSources sources) =>
        ScalarKind.Of(scalar) == ScalarKinds.Boolean ? scalar.Text[0] is 't' or 'T' : Refuse(scalar);
}

/// <summary>One of a few words.</summary>
internal sealed class WordValue(Type type, string[] allowed) : EstateValue
{
    private readonly string[] _words = allowed.Length > 0 ? allowed : [.. Enum.GetNames(type).Select(JsonNamingPolicy.KebabCaseLower.ConvertName)];

    public override string Expected => string.Join(", ", _words[..^1]) + " or " + _words[^1];

    public override JsonObject Schema() => new() { ["type"] = "string", ["enum"] = new JsonArray([.. _words.Select(word => (JsonNode)word)]) };

    public override object Read(YamlScalar scalar, EstateSources sources)
    {
        if (_words.Contains(scalar.Text, StringComparer.Ordinal))
        {
            return Enum.Parse(type, scalar.Text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
        }

        return NearestName.Of(scalar.Text, _words) is { } nearest ? Refuse(scalar) with { Expected = $"{Expected} (did you mean {nearest}?)" } : Refuse(scalar);
    }
}

/// <summary>A number within bounds.</summary>
internal sealed class NumberValue(Type type, double minimum, double maximum) : EstateValue
{
    public override string Expected
    {
        get
        {
            var kind = type == typeof(double) ? "a number" : "a whole number";
            return double.IsInfinity(maximum) ? kind : string.Create(CultureInfo.InvariantCulture, $"{kind} from {minimum} to {maximum}");
        }
    }

    public override JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = type == typeof(double) ? "number" : "integer" };
        foreach (var (name, bound) in new[] { ("minimum", minimum), ("maximum", maximum) })
        {
            if (!double.IsInfinity(bound))
            {
                schema[name] = bound == Math.Floor(bound) ? JsonValue.Create((long)bound) : JsonValue.Create(bound);
            }
        }

        return schema;
    }

    public override object Read(YamlScalar scalar, EstateSources sources)
    {
        var kind = ScalarKind.Of(scalar);
        if (kind == ScalarKinds.Integer && long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) && whole >= minimum && whole <= maximum)
        {
            return Convert.ChangeType(whole, type, CultureInfo.InvariantCulture);
        }

        return type == typeof(double) && kind == ScalarKinds.Number
            && double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum
            ? number
            : Refuse(scalar);
    }
}

/// <summary>A time span with units.</summary>
internal sealed partial class DurationValue : EstateValue
{
    private const string Pattern = "^(?=.*[1-9])([0-9]{1,4}w)?([0-9]{1,5}d)?([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$";

    public override string Expected => "a duration such as 90s, 30m, 6h, 2h30m, 1d or 2w";

    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = Pattern };

    public override object Read(YamlScalar scalar, EstateSources sources)
    {
        if (ScalarKind.Of(scalar) != ScalarKinds.Text || !Shape().IsMatch(scalar.Text))
        {
            return ScalarKind.Of(scalar) == ScalarKinds.Integer ? Refuse(scalar) with { Expected = Expected + ", with its unit" } : Refuse(scalar);
        }

        var (sum, number) = (TimeSpan.Zero, 0L);
        foreach (var c in scalar.Text.TrimEnd('\n'))
        {
            number = char.IsAsciiDigit(c) ? (number * 10) + (c - '0') : number;
            sum += c switch
            {
                'w' => TimeSpan.FromDays(7 * (double)number),
                'd' => TimeSpan.FromDays((double)number),
                'h' => TimeSpan.FromHours((double)number),
                'm' => TimeSpan.FromMinutes((double)number),
                's' => TimeSpan.FromSeconds((double)number),
                _ => TimeSpan.Zero,
            };
            number = char.IsAsciiDigit(c) ? number : 0;
        }

        return sum;
    }

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shape();
}

/// <summary>A size in bytes, or with a unit.</summary>
internal sealed partial class SizeValue : EstateValue
{
    private const string Pattern = "^(?=.*[1-9])[0-9]{1,9}(\\.[0-9]{1,3})? ?(B|KB|MB|GB|TB|PB|KiB|MiB|GiB|TiB|PiB)$";

    public override string Expected => "a size such as 500MB, 10GB or 1.5TiB, or a number of bytes";

    public override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["type"] = "integer", ["minimum"] = 1 },
            new JsonObject { ["type"] = "string", ["pattern"] = Pattern }),
    };

    public override object Read(YamlScalar scalar, EstateSources sources)
    {
        var text = scalar.Text;
        if (ScalarKind.Of(scalar) == ScalarKinds.Integer)
        {
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var bytes) && bytes > 0 ? bytes : Refuse(scalar);
        }

        if (!Shape().IsMatch(text))
        {
            return Refuse(scalar);
        }

        var end = text.LastIndexOfAny(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) + 1;
        var unit = text[end..].Trim();
        var power = unit[0] == 'B' ? 0 : "KMGTP".IndexOf(unit[0], StringComparison.Ordinal) + 1;
        var size = decimal.Parse(text.AsSpan(0, end), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        for (var i = 0; i < power; i++)
        {
            size *= unit.Contains('i', StringComparison.Ordinal) ? 1024 : 1000;
        }

        return size is >= 1 and <= long.MaxValue ? (long)size : Refuse(scalar);
    }

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shape();
}
