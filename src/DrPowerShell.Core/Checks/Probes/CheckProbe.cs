using System.Globalization;
using System.Text.RegularExpressions;
using DrPowerShell.Core.Checks.Errors;

namespace DrPowerShell.Core.Checks.Probes;

/// <summary>One way to ask.</summary>
internal abstract class CheckProbe(CheckSection check, CheckWorld world)
{
    protected CheckSection Check { get; } = check;

    protected CheckWorld World { get; } = world;

    /// <summary>Asks once. What it throws counts as no answer, but for what no further attempt would change.</summary>
    public abstract Task<ProbeAnswer> AskAsync(CancellationToken cancellationToken);

    /// <summary>The value of a key that the binder has made sure of.</summary>
    protected T Needed<T>(T? value, string key)
        where T : class => value ?? throw new CheckNotPossibleException(Check.Name, $"it has no '{key}'.");

    /// <summary>Whether the pattern is found in a text; true where there is none. A pattern that takes too long counts as not found.</summary>
    protected bool Matches(string text)
    {
        try
        {
            return Check.Pattern is null || Regex.IsMatch(text, Check.Pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(2));
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}

/// <summary>What came of one attempt.</summary>
/// <param name="Passed">Whether it is as the check wants it.</param>
/// <param name="Text">One line for people, without what was answered.</param>
internal sealed record ProbeAnswer(bool Passed, string Text)
{
    /// <summary>How long the answer took, where that is not the whole attempt.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>Whether the check's deadline came before the attempt's own limit.</summary>
    public bool IsCut { get; init; }
}

/// <summary>Texts of answers.</summary>
internal static class ProbeText
{
    public static string Time(TimeSpan time) => time < TimeSpan.FromSeconds(10)
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:N0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:N0} s");

    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>The innermost cause, in one line: the outer ones say only that something failed.</summary>
    public static string Reason(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }

        return string.Join(' ', e.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }
}
