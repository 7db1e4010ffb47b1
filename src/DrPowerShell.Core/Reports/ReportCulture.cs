using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using DrPowerShell.Core.Reports.Errors;

namespace DrPowerShell.Core.Reports;

/// <summary>The language of a report: all its own texts, and how it writes numbers and times. What steps said is not translated.</summary>
/// <remarks>The texts lie in <c>Texts/CULTURE.json</c>; <c>{0}</c> and so on stand for what is filled in.</remarks>
public sealed class ReportCulture
{
    private static readonly FrozenDictionary<string, ReportCulture> All =
        new[] { Load("en-US"), Load("zh-CN") }.ToFrozenDictionary(culture => culture.Name, StringComparer.OrdinalIgnoreCase);

    private readonly FrozenDictionary<string, string> _texts;
    private readonly CultureInfo _numbers;

    private ReportCulture(string name, Dictionary<string, string> texts)
    {
        (Name, _texts) = (name, texts.ToFrozenDictionary(StringComparer.Ordinal));
        try
        {
            _numbers = CultureInfo.GetCultureInfo(name);
        }
        catch (CultureNotFoundException)
        {
            // A machine without ICU knows no cultures.
            _numbers = CultureInfo.InvariantCulture;
        }
    }

    /// <summary>The cultures that reports are written in.</summary>
    public static IReadOnlyList<string> Names { get; } = ["en-US", "zh-CN"];

    public static ReportCulture English => All["en-US"];

    /// <summary>Such as en-US; what HTML calls the language.</summary>
    public string Name { get; }

    internal IReadOnlyDictionary<string, string> Texts => _texts;

    /// <summary>The culture of that name.</summary>
    /// <exception cref="ReportCultureUnknownException">Reports are not written in it.</exception>
    public static ReportCulture Get(string name) => All.TryGetValue(name, out var found) ? found : throw new ReportCultureUnknownException(name);

    /// <summary>The one that fits a session best; en-US where none does.</summary>
    public static ReportCulture For(CultureInfo session)
    {
        if (All.TryGetValue(session.Name, out var found))
        {
            return found;
        }

        // Readers of traditional characters are served better by English than by a guess.
        var isChinese = session.Name == "zh" || session.Name is "zh-Hans" or "zh-SG" || session.Name.StartsWith("zh-Hans-", StringComparison.Ordinal);
        return All[isChinese ? "zh-CN" : "en-US"];
    }

    internal string this[string key] => _texts.TryGetValue(key, out var text) ? text : throw new KeyNotFoundException($"There is no text '{key}' in {Name}.");

    /// <summary>The name of a value, such as a phase.</summary>
    internal string Of<T>(T value)
        where T : struct, Enum => this[$"{typeof(T).Name}.{value}"];

    /// <summary>A kind of run or of check; one that is not known stays as it is.</summary>
    internal string Word(string group, string word) => _texts.GetValueOrDefault($"{group}.{word}", word);

    internal string Fill(string key, params string[] values)
    {
        var text = this[key];
        for (var i = 0; i < values.Length; i++)
        {
            text = text.Replace($"{{{i.ToString(CultureInfo.InvariantCulture)}}}", values[i], StringComparison.Ordinal);
        }

        return text;
    }

    internal string Number(long value) => value.ToString("N0", _numbers);

    internal string YesNo(bool value) => this[value ? "yes" : "no"];

    /// <summary>UTC, as ISO 8601 has it, to the second.</summary>
    internal static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The two largest units.</summary>
    internal string Span(TimeSpan span) => span switch
    {
        { Ticks: < 0 } => "−" + Span(span.Negate()),
        { TotalDays: >= 1 } => Units("span.day", span.Days, "span.hour", span.Hours),
        { TotalHours: >= 1 } => Units("span.hour", span.Hours, "span.minute", span.Minutes),
        { TotalMinutes: >= 1 } => Units("span.minute", span.Minutes, "span.second", span.Seconds),
        { TotalSeconds: >= 10 } or { Ticks: 0 } => Fill("span.second", span.TotalSeconds.ToString("0", _numbers)),
        { TotalSeconds: >= 1 } => Fill("span.second", span.TotalSeconds.ToString("0.#", _numbers)),
        _ => Fill("span.millisecond", Math.Max(1, span.TotalMilliseconds).ToString("0", _numbers)),
    };

    /// <summary>Decimal units, two to three digits.</summary>
    internal string Bytes(long bytes)
    {
        string[] units = ["B", "KB", "MB", "GB", "TB", "PB"];
        double value = bytes;
        var unit = 0;
        for (; Math.Abs(value) >= 999.5 && unit < units.Length - 1; unit++)
        {
            value /= 1000;
        }

        return value.ToString(unit > 0 && Math.Abs(value) < 9.95 ? "0.0" : "0", _numbers) + " " + units[unit];
    }

    private string Units(string large, int first, string small, int second) =>
        Fill(large, Number(first)) + (second == 0 ? "" : " " + Fill(small, Number(second)));

    private static ReportCulture Load(string name)
    {
        using var file = typeof(ReportCulture).Assembly.GetManifestResourceStream($"Reports.Texts.{name}.json")
            ?? throw new FileNotFoundException($"The texts of {name} are missing.");
        return new ReportCulture(name, JsonSerializer.Deserialize<Dictionary<string, string>>(file)!);
    }
}
