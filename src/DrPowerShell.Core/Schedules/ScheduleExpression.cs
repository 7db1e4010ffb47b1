namespace DrPowerShell.Core.Schedules;

/// <summary>The words that stand for cron expressions.</summary>
public static class ScheduleExpression
{
    /// <summary>The words, each with its expression.</summary>
    public static IReadOnlyDictionary<string, string> Words { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["hourly"] = "0 * * * *",
        ["daily"] = "0 0 * * *",
        ["weekly"] = "0 0 * * 1",
        ["monthly"] = "0 0 1 * *",
        ["yearly"] = "0 0 1 1 *",
    };

    /// <summary>The expression that a word stands for; any other text as it is, its fields one space apart.</summary>
    public static string ToCron(string text) => Words.TryGetValue(text, out var cron)
        ? cron
        : string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
