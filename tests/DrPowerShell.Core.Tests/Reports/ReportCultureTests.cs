using System.Globalization;
using System.Text.RegularExpressions;
using DrPowerShell.Core.Reports;
using DrPowerShell.Core.Reports.Errors;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Snapshots;
using Xunit;

namespace DrPowerShell.Core.Tests.Reports;

/// <summary>Each language of reports is whole, and fits the others.</summary>
public sealed partial class ReportCultureTests
{
    public static TheoryData<string> Cultures => [.. ReportCulture.Names];

    [Theory]
    [MemberData(nameof(Cultures))]
    public void Every_culture_has_the_texts_of_the_others_with_the_same_places_to_fill(string name)
    {
        var (english, other) = (ReportCulture.English.Texts, ReportCulture.Get(name).Texts);

        Assert.Equal(english.Keys.Order(StringComparer.Ordinal), other.Keys.Order(StringComparer.Ordinal));
        Assert.All(english, text => Assert.Equal(Places(text.Value), Places(other[text.Key])));
        Assert.All(other, text => Assert.True(text.Value.Trim().Length > 0, text.Key));
    }

    [Theory]
    [MemberData(nameof(Cultures))]
    public void Every_value_that_a_report_names_has_a_name(string name)
    {
        var culture = ReportCulture.Get(name);

        AllOf<RunResult>(culture);
        AllOf<RecoveryPhase>(culture);
        AllOf<StepOutcome>(culture);
        AllOf<RecoverySeverity>(culture);
        AllOf<FindingSeverity>(culture);
        AllOf<RestoreSourceKind>(culture);
        AllOf<ImpactBasis>(culture);
        AllOf<RestoreChange>(culture);
        AllOf<LastWriteEvidence>(culture);
        AllOf<ReportKeptKind>(culture);
        Assert.All(Enum.GetNames<Core.Checks.CheckKind>(), kind => Assert.Contains($"check.{kind}", culture.Texts.Keys));
        Assert.All(Enum.GetNames<RunResult>(), result => Assert.Contains($"summary.{result}", culture.Texts.Keys));
    }

    [Fact]
    public void Chinese_is_Chinese()
    {
        string[] same = ["check.Http", "check.Tcp", "check.Dns", "check.Sql", "source.sha256"];

        Assert.All(ReportCulture.Get("zh-CN").Texts.Where(text => Places(text.Value).Length == 0 && !same.Contains(text.Key)), text => Assert.Contains(text.Value, c => c >= '\u3000'));
    }

    [Theory]
    [InlineData("en-US", "en-US")]
    [InlineData("en-GB", "en-US")]
    [InlineData("de-DE", "en-US")]
    [InlineData("", "en-US")]
    [InlineData("zh-CN", "zh-CN")]
    [InlineData("zh-Hans", "zh-CN")]
    [InlineData("zh-Hans-CN", "zh-CN")]
    [InlineData("zh-SG", "zh-CN")]
    [InlineData("zh-TW", "en-US")]
    [InlineData("zh-Hant", "en-US")]
    public void A_session_gets_the_language_that_fits_it(string session, string expected) => Assert.Equal(expected, ReportCulture.For(CultureInfo.GetCultureInfo(session)).Name);

    [Fact]
    public void An_unknown_culture_is_told_with_those_there_are()
    {
        var error = Assert.Throws<ReportCultureUnknownException>(() => ReportCulture.Get("tlh"));

        Assert.Equal(("ReportCultureUnknown", "tlh"), (error.ErrorId, error.Subject));
        Assert.Contains("en-US, zh-CN", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("zh-CN", ReportCulture.Get("ZH-cn").Name);
    }

    [Theory]
    [InlineData("0.00:00:00", "0 s", "0 秒")]
    [InlineData("0.00:00:00.0004", "1 ms", "1 毫秒")]
    [InlineData("0.00:00:00.4", "400 ms", "400 毫秒")]
    [InlineData("0.00:00:03.14", "3.1 s", "3.1 秒")]
    [InlineData("0.00:00:05", "5 s", "5 秒")]
    [InlineData("0.00:00:41", "41 s", "41 秒")]
    [InlineData("0.00:30:00", "30 min", "30 分")]
    [InlineData("0.00:03:58.7", "3 min 58 s", "3 分 58 秒")]
    [InlineData("0.02:05:00", "2 h 5 min", "2 小时 5 分")]
    [InlineData("1234.04:00:00", "1,234 d 4 h", "1,234 天 4 小时")]
    [InlineData("-0.00:00:41", "−41 s", "−41 秒")]
    public void Spans_are_told_by_their_two_largest_units(string span, string english, string chinese)
    {
        var value = TimeSpan.Parse(span, CultureInfo.InvariantCulture);

        Assert.Equal((english, chinese), (ReportCulture.English.Span(value), ReportCulture.Get("zh-CN").Span(value)));
    }

    private static void AllOf<T>(ReportCulture culture)
        where T : struct, Enum => Assert.All(Enum.GetValues<T>(), value => Assert.NotEmpty(culture.Of(value)));

    private static string[] Places(string text) => [.. Place().Matches(text).Select(match => match.Value).Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"\{\d+\}")]
    private static partial Regex Place();
}
