using System.Globalization;
using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Configuration.Binding;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Restores.Plans;
using DrPowerShell.Core.Restores.Plans.Errors;
using DrPowerShell.Core.Tests.Configuration;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Plans;

/// <summary>Plans are bound as estates are: every mistake at once, each with its place.</summary>
public sealed class RestorePlanFileTests
{
    private const string File = "/plans/restore.yaml";

    private static readonly Estate Estate = EstateText.Bind(
        "clusters: { prod: { endpoints: ['https://h'] } }\nrepositories: { offsite: { uri: s3://b } }\nhosts: { etcd-1: {} }").Estate;

    [Theory]
    [InlineData("cluster: prd", 1, 10, "the name 'prd', which clusters does not have", "did you mean prod?")]
    [InlineData("cluster: prod\ncheks: []", 2, 1, "the unknown key 'cheks'", "did you mean checks?")]
    [InlineData("checks: []", 1, 1, "no key 'cluster'", "it to be there")]
    [InlineData("cluster: prod\nsource: { repository: offsit, latest: true }", 2, 23, "the name 'offsit', which repositories does not have", "did you mean offsite?")]
    [InlineData("cluster: prod\nsource: { repository: offsite }", 2, 9, "no source", "one of backup, latest: true and file")]
    [InlineData("cluster: prod\nsource: { latest: true, file: s.db }", 2, 9, "latest and file", "one of")]
    [InlineData("cluster: prod\nsource: { file: s.db, repository: offsite }", 2, 35, "a repository for a file", "no repository")]
    [InlineData("cluster: prod\nacceptDataLoss: 2", 2, 17, "the number 2", "with its unit")]
    [InlineData("cluster: prod\nbumpRevision: some", 2, 15, "a bump of its own", "auto, or a number")]
    [InlineData("cluster: prod\nchecks:\n  - { name: a, type: htp, url: 'http://h/' }", 3, 22, "'htp'", "did you mean http?")]
    [InlineData("cluster: prod\nchecks:\n  - { name: a, type: http }", 3, 5, "a check of type http without 'url'", "'url' beside it")]
    [InlineData("cluster: prod\nchecks:\n  - { name: a, type: tcp, host: h, port: 1, query: x }", 3, 45, "'query' in a check of type tcp", "one of name, type")]
    [InlineData("cluster: prod\nchecks:\n  - { name: a, type: tcp, host: h, port: 1 }\n  - { name: a, type: tcp, host: h, port: 2 }", 4, 13, "a second check 'a'", "a name of its own")]
    [InlineData("cluster: prod\nchecks:\n  - { name: a, type: etcd-key, key: /a, pattern: '(' }", 3, 50, "", "a regular expression")]
    [InlineData("cluster: prod\nchecks:\n  - { name: a, type: etcd-key }", 3, 5, "neither 'key' nor 'prefix'", "one of the two")]
    [InlineData("cluster: prod\nchecks:\n  - { name: a, type: sql, provider: postgresql, host: h, query: q, user: u, password: plain }", 3, 87, "", "env:NAME")]
    public void A_mistake_is_told_with_its_place(string text, int line, int column, string found, string expected)
    {
        var (_, mistakes) = Bind(text);

        var mistake = Assert.Single(mistakes);
        Assert.Equal((line, column), (mistake.Line, mistake.Column));
        Assert.Contains(found, mistake.Found, StringComparison.Ordinal);
        Assert.Contains(expected, mistake.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_of_a_file_are_told_at_once_and_no_password_with_them()
    {
        using var temp = new TempFolder("plan");
        System.IO.File.WriteAllText(temp["p.yaml"], """
            cluster: prd
            rtoo: 1h
            checks:
              - { name: a, type: sql, provider: postgresql, host: h, query: q, user: u, password: hunter2-planted }
              - { name: b, type: tcp, host: h, port: 99999 }
            """);
        if (!OperatingSystem.IsWindows())
        {
            System.IO.File.SetUnixFileMode(temp["p.yaml"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var wrong = Assert.Throws<RestorePlanNotValidException>(() => RestorePlanFile.Load(temp["p.yaml"], Estate));

        Assert.Equal([1, 2, 4, 5], wrong.Mistakes.Select(mistake => mistake.Line).Order());
        Assert.All(wrong.Mistakes, mistake => Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{mistake.Line}"), wrong.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("planted", wrong.Message, StringComparison.Ordinal);
        Assert.Throws<RestorePlanNotFoundException>(() => RestorePlanFile.Load(temp["none.yaml"], Estate));
    }

    [Fact]
    public void The_example_is_a_plan_and_its_checks_survive_the_journal_without_a_secret()
    {
        var path = Path.Combine(RepositoryPaths.Examples, "plans", "restore.yaml");
        var (plan, mistakes) = RestorePlanFile.Bind(ProviderLoader.Catalog.Yaml.Read(System.IO.File.ReadAllText(path), path), EstateSources.For(path), EstateText.Bind(System.IO.File.ReadAllText(EstateText.Example), EstateText.Example).Estate);

        Assert.Empty(mistakes);
        Assert.Equal(Enum.GetValues<CheckKind>().Order(), plan.Checks.Select(check => check.Type).Distinct().Order());
        var json = CheckJson.Write(plan.Checks);
        var again = CheckJson.Read(System.Text.Json.JsonDocument.Parse(json.GetRawText()).RootElement);
        Assert.Equal(json.GetRawText(), CheckJson.Write(again).GetRawText());
        Assert.Equal(64, again.Single(check => check.Type == CheckKind.Script).ScriptSha256!.Length);
        Assert.Contains("env:SHOP_PROBE_PASSWORD", json.GetRawText(), StringComparison.Ordinal);
    }

    private static (RestorePlanDocument Plan, IReadOnlyList<EstateMistake> Mistakes) Bind(string text) =>
        RestorePlanFile.Bind(ProviderLoader.Catalog.Yaml.Read(text, File), EstateSources.For(File), Estate);
}
