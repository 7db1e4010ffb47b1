using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace DrPowerShell.Module.Pipeline;

/// <summary>Lets a TimeSpan parameter take seconds as a number, and texts such as <c>90s</c>, <c>2h10m</c> or <c>500ms</c> (PowerShell would read a number as ticks).</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed partial class DurationTransformAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        int seconds => TimeSpan.FromSeconds(seconds),
        long seconds => TimeSpan.FromSeconds((double)seconds),
        double seconds => TimeSpan.FromSeconds(seconds),
        string text when Parse(text) is { } span => span,
        _ => inputData,
    };

    private static TimeSpan? Parse(string text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return TimeSpan.FromSeconds(seconds);
        }

        var match = Units().Match(text.Trim());
        if (!match.Success || match.Length == 0)
        {
            return null;
        }

        return TimeSpan.FromDays(Part(match, "d")) + TimeSpan.FromHours(Part(match, "h")) + TimeSpan.FromMinutes(Part(match, "m"))
            + TimeSpan.FromSeconds(Part(match, "s")) + TimeSpan.FromMilliseconds(Part(match, "ms"));
    }

    private static double Part(Match match, string unit) =>
        match.Groups[unit].Success ? double.Parse(match.Groups[unit].ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^(?:(?<d>\d{1,6})d)?(?:(?<h>\d{1,6})h)?(?:(?<m>\d{1,6})m)?(?:(?<s>\d{1,9}(?:\.\d{1,6})?)s)?(?:(?<ms>\d{1,9})ms)?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Units();
}
