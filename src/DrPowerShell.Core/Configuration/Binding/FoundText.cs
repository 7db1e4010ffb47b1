namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>What stands in a file, in words that follow "found".</summary>
internal static class FoundText
{
    private const int Longest = 60;

    public static string Of(YamlTree tree) => tree switch
    {
        YamlList list => list.Items.Count == 0 ? "an empty list" : $"a list of {list.Items.Count}",
        YamlMap => "a mapping",
        YamlScalar scalar => Of(scalar),
        _ => "something else",
    };

    /// <summary>The same without what is written there.</summary>
    public static string Hidden(YamlTree tree) => tree is YamlScalar { IsNull: false } ? "a text of its own (not shown here)" : Of(tree);

    private static string Of(YamlScalar scalar) => ScalarKind.Of(scalar) switch
    {
        ScalarKinds.Null => "nothing",
        ScalarKinds.Text => $"'{Short(scalar.Text)}'",
        ScalarKinds.Boolean => scalar.Text,
        _ => "the number " + Short(scalar.Text),
    };

    /// <summary>A text in one line that is not too long, and without the password of a URI (also an escaped one) or an identity.</summary>
    public static string Short(string text)
    {
        if (text.Contains("SECRET-KEY", StringComparison.OrdinalIgnoreCase) || text.Contains("PRIVATE KEY", StringComparison.OrdinalIgnoreCase)
            || text.Contains("%40", StringComparison.Ordinal))
        {
            return "…";
        }

        var at = text.LastIndexOf('@');
        var scheme = text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var index ? index + 3 : 0;
        if (at > scheme && text.AsSpan(scheme, at - scheme).Contains(':'))
        {
            text = string.Concat(text.AsSpan(0, scheme), "…", text.AsSpan(at));
        }

        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length <= Longest ? line : line[..Longest] + "…";
    }
}
