using System.Text.RegularExpressions;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>What a scalar is by the core schema of YAML 1.2 (chapter 10.3), which editors follow as well.</summary>
internal enum ScalarKinds
{
    Null,
    Boolean,
    Integer,
    Number,
    Text,
}

internal static partial class ScalarKind
{
    public static ScalarKinds Of(YamlScalar scalar)
    {
        if (!scalar.IsPlain)
        {
            return ScalarKinds.Text;
        }

        return scalar.Text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => ScalarKinds.Null,
            "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKinds.Boolean,
            var text when Integer().IsMatch(text) => ScalarKinds.Integer,
            var text when Number().IsMatch(text) => ScalarKinds.Number,
            _ => ScalarKinds.Text,
        };
    }

    [GeneratedRegex(@"^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Integer();

    [GeneratedRegex(@"^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}
