using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace DrPowerShell.Module.Pipeline;

/// <summary>
/// Lets a TimeSpan parameter take seconds as a number, and texts such as <c>90s</c>, <c>2h05m</c>, <c>2h 05m</c>, <c>1w</c> or <c>500ms</c>
/// (PowerShell would read a number as ticks); says what it takes where it is given anything else.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed partial class DurationTransformAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        int seconds => Seconds(seconds) ?? throw Refused(seconds),
        long seconds => Seconds(seconds) ?? throw Refused(seconds),
        double seconds => Seconds(seconds) ?? throw Refused(seconds),
        string text => Parse(text.Trim()) ?? throw Refused(text),
        _ => inputData,
    };

    private static ArgumentTransformationMetadataException Refused(object given) => new(string.Create(
        CultureInfo.InvariantCulture, $"'{given}' is no duration. Write it with units, such as 2h05m, 90s, 500ms, 1d or 2w, or as 02:05:00; a plain number is seconds."));

    private static TimeSpan? Parse(string text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return Seconds(seconds);
        }

        var match = Units().Match(text);
        if (!match.Success || match.Length == 0)
        {
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) && span >= TimeSpan.Zero ? span : null;
        }

        return TimeSpan.FromDays((7 * Part(match, "w")) + Part(match, "d")) + TimeSpan.FromHours(Part(match, "h")) + TimeSpan.FromMinutes(Part(match, "m"))
            + TimeSpan.FromSeconds(Part(match, "s")) + TimeSpan.FromMilliseconds(Part(match, "ms"));
    }

    private static TimeSpan? Seconds(double seconds) => seconds >= 0 && seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;

    private static double Part(Match match, string unit) =>
        match.Groups[unit].Success ? double.Parse(match.Groups[unit].ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^(?:(?<w>\d{1,4})w ?)?(?:(?<d>\d{1,6})d ?)?(?:(?<h>\d{1,6})h ?)?(?:(?<m>\d{1,6})m ?)?(?:(?<s>\d{1,9}(?:\.\d{1,6})?)s ?)?(?:(?<ms>\d{1,9})ms)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Units();
}
