using System.Text.RegularExpressions;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>Tells names that users chose from other texts.</summary>
internal static partial class EstateNames
{
    public static bool IsName(string text) => Name().IsMatch(text) && !text.EndsWith('\n');

    public static bool IsRecipient(string text) => text.StartsWith("age1", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(NamedShape.NamePattern, RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
