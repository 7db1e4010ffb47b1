using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using System.Text.RegularExpressions;

namespace DrPowerShell.Module.Pipeline;

/// <summary>
/// Lets a TimeSpan parameter take seconds as a number, and texts such as <c>90s</c>, <c>2h05m</c>, <c>2h 05m</c>, <c>1w</c>, <c>500ms</c> or <c>1.5h</c>
/// (PowerShell would read a number as ticks); says what it takes where it is given anything else.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed partial class DurationTransformAttribute : ArgumentTransformationAttribute
{
    private static readonly string[] Clock = ["c", @"h\:mm\:ss", @"h\:mm"];

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var given = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (given is string text)
        {
            return Parse(text.Trim()) ?? throw Refused(text);
        }

        if (given is not (byte or sbyte or short or ushort or int or uint or long or ulong or float or double or decimal or BigInteger))
        {
            return inputData;
        }

        // The engine takes 90s for an Int16, 2d for a decimal and 1kb for 1024; what was typed at the prompt it keeps as the number's text.
        var typed = inputData is PSObject ? LanguagePrimitives.ConvertTo<string>(inputData) : Convert.ToString(given, CultureInfo.InvariantCulture)!;
        // Of $x = 2d only a decimal 2 is left: a wrong guess could accept a larger loss, or keep less than was asked for.
        return given is decimal && double.TryParse(typed, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? throw new ArgumentTransformationMetadataException($"'{typed}' is a decimal, which may mean days (2d) or seconds. Write it as text, such as '{typed}d' or '{typed}s'.")
            : Parse(typed) ?? throw Refused(typed);
    }

    private static ArgumentTransformationMetadataException Refused(string given) => new(
        $"'{given}' is no duration. Write it with units, such as 2h05m, 90s, 500ms, 1d or 2w, or as 02:05:00; a plain number is seconds.");

    private static TimeSpan? Parse(string text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return Seconds(seconds);
        }

        var match = Units().Match(text);
        if (!match.Success || match.Length == 0)
        {
            // Not TimeSpan.TryParse: it takes 36:00:00 for 36 days.
            return TimeSpan.TryParseExact(text, Clock, CultureInfo.InvariantCulture, out var span) && span >= TimeSpan.Zero ? span : null;
        }

        return TimeSpan.FromDays((7 * Part(match, "w")) + Part(match, "d")) + TimeSpan.FromHours(Part(match, "h")) + TimeSpan.FromMinutes(Part(match, "m"))
            + TimeSpan.FromSeconds(Part(match, "s")) + TimeSpan.FromMilliseconds(Part(match, "ms"));
    }

    private static TimeSpan? Seconds(double seconds) => seconds >= 0 && seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;

    private static double Part(Match match, string unit) =>
        match.Groups[unit].Success ? double.Parse(match.Groups[unit].ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^(?:(?<w>\d{1,4}(?:\.\d{1,6})?)w ?)?(?:(?<d>\d{1,6}(?:\.\d{1,6})?)d ?)?(?:(?<h>\d{1,6}(?:\.\d{1,6})?)h ?)?(?:(?<m>\d{1,6}(?:\.\d{1,6})?)m ?)?(?:(?<s>\d{1,9}(?:\.\d{1,6})?)s ?)?(?:(?<ms>\d{1,9})ms)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Units();
}
