using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>Any scalar, taken as it is written.</summary>
internal sealed class ScalarValue : EstateValue
{
    public override string Expected => "a text, a number, true or false";

    // It may be a parameter that somebody takes for a good place for a password.
    public override bool MayBeShown => false;

    public override JsonObject Schema() => new() { ["type"] = new JsonArray("string", "number", "boolean") };

    public override object Read(YamlScalar scalar, EstateSources sources) => scalar.IsNull ? Refuse(scalar) : scalar.Text;
}

/// <summary>A regular expression.</summary>
internal sealed class ExpressionValue() : PatternValue("[^ ]")
{
    public override string Expected => "a regular expression";

    protected override object Parse(YamlScalar scalar, EstateSources sources)
    {
        try
        {
            _ = new Regex(scalar.Text, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            return scalar.Text;
        }
        catch (RegexParseException e)
        {
            return Refuse(scalar) with { Expected = string.Create(CultureInfo.InvariantCulture, $"a regular expression ({e.Error} at character {e.Offset})") };
        }
    }
}

/// <summary>A short time span.</summary>
internal sealed class LatencyValue() : PatternValue("^0*[1-9][0-9]{0,6}(ms|s)$")
{
    public override string Expected => "a time such as 250ms or 2s";

    protected override object Parse(YamlScalar scalar, EstateSources sources)
    {
        var isMilliseconds = scalar.Text.EndsWith("ms", StringComparison.Ordinal);
        var number = double.Parse(scalar.Text.AsSpan(0, scalar.Text.Length - (isMilliseconds ? 2 : 1)), NumberStyles.None, CultureInfo.InvariantCulture);
        return isMilliseconds ? TimeSpan.FromMilliseconds(number) : TimeSpan.FromSeconds(number);
    }
}
