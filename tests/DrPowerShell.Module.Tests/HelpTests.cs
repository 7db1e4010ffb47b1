using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text.RegularExpressions;
using Xunit;

namespace DrPowerShell.Module.Tests;

public sealed partial class HelpTests(BuiltModule module) : IClassFixture<BuiltModule>
{
    public static TheoryData<string> Topics { get; } =
        [.. BuiltModule.Files.Where(file => file.EndsWith(".help.txt", StringComparison.Ordinal)).Select(file => file["en-US/".Length..^".help.txt".Length])];

    [Fact]
    public void Every_cmdlet_has_a_synopsis_a_description_and_described_output() => Assert.All(module.Cmdlets, cmdlet =>
    {
        var synopsis = Assert.Single(Read(cmdlet, "$help.Synopsis"));

        // Where the engine finds no help it makes the synopsis out of the syntax.
        Assert.DoesNotContain("[-", synopsis);
        Assert.NotEmpty(Read(cmdlet, "$help.description.Text"));
        Assert.Equal(
            cmdlet.OutputType.Select(output => output.Name == "System.Void" ? "None" : output.Name),
            Read(cmdlet, "$help.returnValues.returnValue.type.name"));
    });

    [Fact]
    public void Every_parameter_of_every_cmdlet_is_described() => Assert.All(module.Cmdlets, cmdlet =>
    {
        var described = Read(cmdlet, "foreach ($one in $help.parameters.parameter) { if ($one.description.Text) { $one.name } }");
        var expected = cmdlet.Parameters.Keys.Where(name => !Cmdlet.CommonParameters.Contains(name));

        Assert.Equal(expected.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    });

    [Fact]
    public void Every_cmdlet_has_two_examples_that_parse_and_call_what_exists() => Assert.All(module.Cmdlets, cmdlet =>
    {
        var examples = Read(cmdlet, "$help.examples.example.code");
        Assert.True(examples.Length >= 2, $"{cmdlet.Name} has {examples.Length} examples");
        Assert.All(examples, CheckCode);
        Assert.Contains(examples, code => code.Contains(cmdlet.Name, StringComparison.OrdinalIgnoreCase));
    });

    [Theory]
    [MemberData(nameof(Topics))]
    public void A_topic_can_be_read(string name)
    {
        var topic = string.Join('\n', module.Session.Run("Get-Help $name", ("name", name)).Succeed().Output);

        Assert.StartsWith($"TOPIC\n    {name}\n", topic.ReplaceLineEndings("\n"));
        Assert.Contains("SHORT DESCRIPTION", topic);
        Assert.All(topic.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public void Topics_name_no_topic_that_does_not_exist() => Assert.All(Topics, topic => Assert.All(
        AboutName().Matches(Text(topic.Data)).Select(match => match.Value), name => Assert.Contains(name, Topics.Select(one => one.Data))));

    [Fact]
    public void No_help_text_names_a_cmdlet_that_does_not_exist()
    {
        var texts = string.Concat(Topics.Select(topic => Text(topic.Data)))
            + File.ReadAllText(Path.Combine(BuiltModule.Folder, "en-US", "DrPowerShell.Module.dll-Help.xml"));

        Assert.Empty(BuiltModule.NamesOfOurs(texts).Except(module.Cmdlets.Select(cmdlet => cmdlet.Name), StringComparer.OrdinalIgnoreCase));
    }

    private void CheckCode(string code)
    {
        var ast = Parser.ParseInput(code, out _, out var errors);
        Assert.True(errors.Length == 0, $"{code}\n{string.Join('\n', errors.Select(error => error.Message))}");
        foreach (var call in ast.FindAll(node => node is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>())
        {
            var cmdlet = module.Cmdlets.FirstOrDefault(one => one.Name.Equals(call.GetCommandName(), StringComparison.OrdinalIgnoreCase));
            foreach (var parameter in cmdlet is null ? [] : call.CommandElements.OfType<CommandParameterAst>())
            {
                Assert.True(cmdlet!.Parameters.Values.Any(known => known.Name.Equals(parameter.ParameterName, StringComparison.OrdinalIgnoreCase)
                    || known.Aliases.Contains(parameter.ParameterName, StringComparer.OrdinalIgnoreCase)), $"{cmdlet.Name} has no -{parameter.ParameterName}: {code}");
            }
        }
    }

    private static string Text(string topic) => File.ReadAllText(Path.Combine(BuiltModule.Folder, "en-US", topic + ".help.txt"));

    [GeneratedRegex(@"\babout_[A-Za-z]+")]
    private static partial Regex AboutName();

    /// <summary>What a script reads out of a cmdlet's <c>$help</c>, empty texts left out.</summary>
    private string[] Read(CmdletInfo cmdlet, string script) =>
        [.. module.Session.Run("$help = Get-Help $name -Full; " + script, ("name", cmdlet.Name)).Succeed().Output
            .Select(value => value?.ToString() ?? "").Where(text => !string.IsNullOrWhiteSpace(text))];
}
