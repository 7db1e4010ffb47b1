using System.Management.Automation;
using System.Management.Automation.Language;
using System.Xml.Linq;
using Xunit;

namespace DrPowerShell.Module.Tests;

public sealed class FormatTests(BuiltModule module) : IClassFixture<BuiltModule>
{
    private static readonly XDocument Format = XDocument.Load(Path.Combine(BuiltModule.Folder, "DrPowerShell.Format.ps1xml"));

    [Fact]
    public void Every_object_that_a_cmdlet_returns_has_a_table()
    {
        var tables = Format.Descendants("View").Where(view => view.Element("TableControl") is not null)
            .SelectMany(view => view.Descendants("TypeName")).Select(name => name.Value).ToHashSet(StringComparer.Ordinal);
        var returned = module.Cmdlets.SelectMany(cmdlet => cmdlet.OutputType.Select(output => (Cmdlet: cmdlet.Name, output.Name)))
            .Where(output => output.Name.StartsWith("DrPowerShell.", StringComparison.Ordinal));

        Assert.All(returned, output => Assert.True(tables.Contains(output.Name), $"{output.Cmdlet} returns {output.Name}, which has no view"));
    }

    [Fact]
    public void Every_view_is_for_a_type_that_exists_and_bears_its_name()
    {
        Assert.All(Format.Descendants("View"), view =>
        {
            var type = view.Descendants("TypeName").First().Value;
            Assert.StartsWith(type.Split('.')[^1].Split('+')[^1], view.Element("Name")!.Value);
            Assert.True(LanguagePrimitives.TryConvertTo<Type>(type, out _), $"{type} is not known to a session with the module");
        });
        var names = Format.Descendants("View").Select(view => view.Element("Name")!.Value).ToArray();
        Assert.Equal(names.Distinct(StringComparer.Ordinal), names);
    }

    [Fact]
    public void A_table_has_at_most_five_columns_and_as_many_headers() => Assert.All(Format.Descendants("TableControl"), table =>
    {
        var headers = table.Descendants("TableColumnHeader").Count();
        Assert.InRange(headers, 1, 5);
        Assert.All(table.Descendants("TableRowEntry"), row => Assert.Equal(headers, row.Descendants("TableColumnItem").Count()));
    });

    [Fact]
    public void Columns_of_given_width_fit_80_characters() => Assert.All(Format.Descendants("TableHeaders"), table =>
    {
        var columns = table.Elements("TableColumnHeader").ToList();
        Assert.InRange(columns.Sum(column => (int?)column.Element("Width") ?? 1) + columns.Count - 1, 1, 80);
    });

    [Fact]
    public void The_figures_of_an_impact_are_not_cut()
    {
        var impact = Format.Descendants("View").First(view => view.Descendants("TypeName").First().Value.EndsWith(".RestoreImpact", StringComparison.Ordinal));
        string[] longest = ["59m 59s", "12,345,678", "1,234,567 / 1,234,567", "1,234,567", "59m 59s of 59m 59s RTO"];

        Assert.All(impact.Descendants("TableColumnHeader").Zip(longest), pair =>
            Assert.InRange(Math.Max(pair.Second.Length, pair.First.Element("Label")!.Value.Length), 1, (int)pair.First.Element("Width")!));
    }

    [Fact]
    public void Views_name_properties_that_exist()
    {
        Assert.All(Format.Descendants("View"), view =>
        {
            var type = LanguagePrimitives.ConvertTo<Type>(view.Descendants("TypeName").First().Value);
            Assert.All(view.Descendants("PropertyName"), name => Assert.True(type.GetProperty(name.Value) is not null, $"{type}.{name.Value}"));
        });
    }

    [Fact]
    public void Script_blocks_parse_and_call_nothing_beyond_the_engines_core()
    {
        Assert.All(Format.Descendants("ScriptBlock"), block =>
        {
            var ast = Parser.ParseInput(block.Value, out _, out var errors);
            Assert.Empty(errors);
            Assert.All(ast.FindAll(node => node is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>().Select(command => command.GetCommandName()),
                name => Assert.True(name is null or "ForEach-Object" or "Where-Object", $"{name} in {block.Value}"));
        });
    }
}
