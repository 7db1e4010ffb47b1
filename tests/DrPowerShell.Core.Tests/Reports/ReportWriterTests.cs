using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using DrPowerShell.Core.Reports;
using DrPowerShell.Core.Reports.Documents;
using DrPowerShell.Core.Reports.Errors;
using DrPowerShell.Core.Reports.Writers;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Testing;
using NJsonSchema;
using Xunit;

namespace DrPowerShell.Core.Tests.Reports;

/// <summary>What stands in the files, in every format and language.</summary>
public sealed class ReportWriterTests
{
    public static TheoryData<string, string> All
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var name in SampleRuns.Names)
            {
                foreach (var culture in ReportCulture.Names)
                {
                    all.Add(name, culture);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Html_is_well_formed_and_loads_and_runs_nothing(string name, string culture)
    {
        var html = Write(name, ReportFormat.Html, culture);
        var page = Parse(html);

        Assert.StartsWith("<!DOCTYPE html>\n<html lang=\"" + culture, html, StringComparison.Ordinal);
        Assert.DoesNotContain(page.Descendants(), element => element.Name.LocalName is "script" or "link" or "img" or "iframe" or "object" or "form" or "a");
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute => attribute.Name.LocalName is "src" or "href" or "action" || attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("url(", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", html, StringComparison.OrdinalIgnoreCase);
        var ids = page.Descendants().Attributes("id").Select(id => id.Value).ToList();
        Assert.Equal(ids.Distinct(StringComparer.Ordinal), ids);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Html_can_be_read_without_seeing_it(string name, string culture)
    {
        var page = Parse(Write(name, ReportFormat.Html, culture));

        Assert.Single(page.Descendants("h1"));
        Assert.All(page.Descendants("section"), section => Assert.Equal(section.Attribute("aria-labelledby")!.Value, section.Element("h2")!.Attribute("id")!.Value));
        Assert.All(page.Descendants("th"), head => Assert.Contains(head.Attribute("scope")?.Value, new[] { "col", "row" }));
        Assert.All(page.Descendants("table").Where(table => table.Attribute("class")?.Value != "facts"), table => Assert.NotEmpty(table.Element("caption")!.Value));
        Assert.All(page.Descendants().Where(element => element.Name.LocalName == "svg"), svg =>
        {
            Assert.Equal("img", svg.Attribute("role")!.Value);
            var labels = svg.Attribute("aria-labelledby")!.Value.Split(' ');
            Assert.Equal(labels, svg.Elements().Where(element => element.Name.LocalName is "title" or "desc").Select(element => element.Attribute("id")!.Value));
        });
    }

    [Fact]
    public void Html_tells_the_whole_story()
    {
        var text = Parse(Write("healthy", ReportFormat.Html, "en-US")).Root!.Value;

        Assert.All(
        [
            "Recovery report: restore of prod", SampleRuns.Id, "carol@bastion-1", "approved by alice, bob", "req-20261122T141000Z-41aa", "3 min 58 s", "target 30 min", "MISSED", "2026-11-22T14:17:07Z",
            "counts from the start of the outage, 2026-11-22T14:13:40Z", "the newest time stamp in the Kubernetes objects", "The age of the source, 10 min, is the upper bound", "Pod in shop", "487,735",
            "snapshot 1,204,331, cluster 1,209,870: 5,539 between them", "payment-token", "2 attempts", "RpoMissed", $"/var/lib/etcd.parked-{SampleRuns.Id}", "9f3caaaa", $"Test-RecoveryJournal {SampleRuns.Id} -Repository offsite",
            "It must answer Sealed", "the shop takes an order", "POINT OF NO RETURN at 2026-11-22T14:17:07Z", "1.9 GB", "00ab12cd", "A loss of up to 5 min was accepted by name",
        ],
            expected => Assert.Contains(expected, text, StringComparison.Ordinal));
    }

    [Fact]
    public void Chinese_html_tells_it_in_Chinese_and_quotes_the_steps_as_they_were()
    {
        var text = Parse(Write("healthy", ReportFormat.Html, "zh-CN")).Root!.Value;

        Assert.All(["恢复报告：prod 的恢复", "批准人：alice、bob", "3 分 58 秒", "未达标", "不可回退点 2026-11-22T14:17:07Z", "业务检查", "必须返回 Sealed", "park the old data, move the new in"],
            expected => Assert.Contains(expected, text, StringComparison.Ordinal));
        Assert.All(["Succeeded", "Healthy", "Quiesce", "Findings"], english => Assert.DoesNotContain(english, text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("break-glass", "BREAK GLASS", "Reason given by carol@bastion-1", "both approvers are on the failed site", "143 keys lost, 391 reverted", "2 of alice, bob, dave had to approve it")]
    [InlineData("resumed", "resumed by eve@bastion-2", "incomplete: keep the file")]
    [InlineData("undone", "What it failed of", "HostDiskFull", "No data was lost by this run", "3 attempts", "Taking back")]
    [InlineData("failed", "FAILED, and nothing was taken back", "StepTimedOut", "because the start of the outage was not given", "It answers Open")]
    [InlineData("undo-failed", "so did a part of taking it back", "it does not start")]
    [InlineData("interrupted", "has not ended", "the step did not end: look", "none: keep the file", "not passed: no client was let in")]
    [InlineData("member", "One member was replaced while the others served", "No data was lost: the other members kept serving")]
    [InlineData("empty", "drill", "The plan named no business checks", "Nothing was found")]
    public void What_a_reader_must_see_stands_in_html_and_markdown(string name, params string[] expected)
    {
        var html = Parse(Write(name, ReportFormat.Html, "en-US")).Root!.Value;
        var markdown = Write(name, ReportFormat.Markdown, "en-US");

        Assert.All(expected, text => Assert.Contains(text, html, StringComparison.Ordinal));
        Assert.All(expected.Where(text => text != "Taking back"), text => Assert.Contains(text, markdown, StringComparison.Ordinal));
    }

    [Fact]
    public void Break_glass_comes_before_everything_else()
    {
        var main = Parse(Write("break-glass", ReportFormat.Html, "en-US")).Descendants("main").Single();

        Assert.Equal("callout bad", main.Elements().First().Attribute("class")!.Value);
        Assert.StartsWith("> **BREAK GLASS**", Write("break-glass", ReportFormat.Markdown, "en-US").Split("\n\n")[2], StringComparison.Ordinal);
        Assert.StartsWith("> **紧急破例（BREAK GLASS）**", Write("break-glass", ReportFormat.Markdown, "zh-CN").Split("\n\n")[2], StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Write("break-glass", ReportFormat.Json, "en-US"));
        Assert.StartsWith("both approvers", json.RootElement.GetProperty("approval").GetProperty("breakGlass").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("restore of prod", json.RootElement.GetProperty("approval").GetProperty("notApproved").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("en-US")]
    [InlineData("zh-CN")]
    public void Hostile_texts_mean_nothing_but_themselves(string culture)
    {
        var html = Write("hostile", ReportFormat.Html, culture);
        var page = Parse(html);
        var markdown = Write("hostile", ReportFormat.Markdown, culture);

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("<script>alert('x')</script>", page.Root!.Value, StringComparison.Ordinal);
        Assert.Contains("[U+202E]txt.exe[U+202C] \u05E9\u05DC\u05D5\u05DD \u2407 \uFFFD", page.Root.Value, StringComparison.Ordinal);
        Assert.All(new[] { html, markdown }, text => Assert.DoesNotContain(text, c => c is '\u202E' or '\u0007' || char.IsSurrogate(c)));
        Assert.DoesNotContain("<script", markdown, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(@"(?<!\\)\]\(", markdown);
        Assert.DoesNotContain("http://", markdown, StringComparison.Ordinal);

        // A table's rows keep their cells, whatever is in them.
        foreach (var row in markdown.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && line.Contains("alert", StringComparison.Ordinal)))
        {
            Assert.EndsWith(" |", row, StringComparison.Ordinal);
            Assert.Contains(row.Replace("\\|", "", StringComparison.Ordinal).Count(c => c == '|'), new[] { 3, 4, 5, 7, 8 });
        }
    }

    [Fact]
    public async Task Json_satisfies_its_schema_and_is_the_same_in_every_culture()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "module", "schemas", "recovery-report.schema.json"), TestContext.Current.CancellationToken);
        var schema = await JsonSchema.FromJsonAsync(text.Replace("$defs", "definitions", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        foreach (var name in SampleRuns.Names)
        {
            var report = ReportMaker.Make(SampleRuns.Of(name));
            var json = Text(report, ReportFormat.Json, "en-US");

            Assert.Empty(schema.Validate(json));
            Assert.Equal(json, Text(report, ReportFormat.Json, "zh-CN"));
            Assert.DoesNotContain("<script", json, StringComparison.Ordinal);
            using var document = JsonDocument.Parse(json);
            Assert.Equal("drpowershell/recovery-report/1", document.RootElement.GetProperty("schema").GetString());
            Assert.Equal(report.Steps.Count, document.RootElement.GetProperty("steps").GetArrayLength());
        }

        Assert.NotEmpty(schema.Validate("""{"schema":"drpowershell/recovery-report/1","run":"x"}"""));
    }

    [Theory]
    [InlineData("a", ReportFormat.Html)]
    [InlineData("/x.y/a", ReportFormat.Html)]
    [InlineData("a.HTML", ReportFormat.Html)]
    [InlineData("a.htm", ReportFormat.Html)]
    [InlineData("a.md", ReportFormat.Markdown)]
    [InlineData("a.json", ReportFormat.Json)]
    public void A_files_name_says_its_format(string path, ReportFormat format) => Assert.Equal(format, ReportWriters.ForFile(path).Format);

    [Fact]
    public void An_unknown_format_is_told_with_those_there_are()
    {
        Assert.Contains("Html, Markdown, Json", Assert.Throws<ReportFormatUnknownException>(() => ReportWriters.Of("Pdf")).RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(".pdf", Assert.Throws<ReportFormatUnknownException>(() => ReportWriters.ForFile("a.pdf")).Subject);
        Assert.Equal(ReportFormat.Markdown, ReportWriters.Of("markdown").Format);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\r\nb\tc", "a\nb\tc")]
    [InlineData("\0\u001b[31m\u007f\u0085", "\u2400\u241b[31m[U+007F][U+0085]")]
    [InlineData("\u2066x\u2069", "[U+2066]x[U+2069]")]
    [InlineData("a\u2028b", "a[U+2028]b")]
    public void Text_that_hides_something_shows_it(string text, string visible) => Assert.Equal(visible, VisibleText.Of(text));

    [Fact]
    public void Half_a_character_is_replaced() => Assert.Equal("\U0001F600 \uFFFDx", VisibleText.Of("\U0001F600 " + (char)0xDC00 + "x"));

    internal static string Write(string name, ReportFormat format, string culture) => Text(ReportMaker.Make(SampleRuns.Of(name)), format, culture);

    private static string Text(RecoveryReport report, ReportFormat format, string culture) =>
        Encoding.UTF8.GetString(ReportFile.Bytes(report, ReportWriters.Of(format), ReportCulture.Get(culture)));

    // It is kept to what XML takes too, but for what HTML never closes.
    private static XDocument Parse(string html)
    {
        var text = html[html.IndexOf("<html", StringComparison.Ordinal)..].Replace("<br>", "<br/>", StringComparison.Ordinal);
        text = System.Text.RegularExpressions.Regex.Replace(text, "<(?<name>meta|col)(?<rest> [^>]*?)?>", "<${name}${rest}/>", System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));
        return XDocument.Parse(text);
    }
}
