using System.Globalization;
using System.Management.Automation;
using System.Reflection;

namespace DrPowerShell.Host.Help;

/// <summary>Joins what the engine knows of a cmdlet (sets, types, aliases) with what its documentation comments say.</summary>
internal sealed class CmdletHelpReader(XmlDocumentation documentation, DocumentationText text)
{
    private static readonly Dictionary<string, string> EnginesOwn = new(StringComparer.Ordinal)
    {
        ["WhatIf"] = "Shows what would happen, and does nothing.",
        ["Confirm"] = "Asks before each change. -Confirm:$false approves beforehand, for runs that nobody watches.",
    };

    public CmdletHelp Read(CmdletInfo cmdlet)
    {
        var type = cmdlet.ImplementingType;
        var comment = documentation.Find(type);
        var defaults = Activator.CreateInstance(type);
        try
        {
            var sets = cmdlet.ParameterSets
                .OrderByDescending(set => set.IsDefault)
                .Select(set => (IReadOnlyList<ParameterHelp>)[.. set.Parameters
                    .Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Name))
                    .OrderBy(parameter => parameter.Position < 0 ? int.MaxValue : parameter.Position)
                    .ThenByDescending(parameter => parameter.IsMandatory)
                    .ThenBy(parameter => EnginesOwn.ContainsKey(parameter.Name))
                    .Select(parameter => Parameter(type, parameter, defaults))])
                .ToArray();
            return new CmdletHelp
            {
                Verb = cmdlet.Verb,
                Noun = cmdlet.Noun,
                Synopsis = text.Line(comment?.Element("summary")),
                Description = text.Paragraphs(comment?.Element("remarks")),
                Sets = sets,
                Parameters = [.. sets.SelectMany(set => set).DistinctBy(parameter => parameter.Name, StringComparer.Ordinal).OrderBy(parameter => parameter.Name, StringComparer.Ordinal)],
                Inputs = [.. sets.SelectMany(set => set).Where(parameter => parameter.ByValue).Select(parameter => Element(parameter.Type)).Distinct()
                    .Select(Describe)],
                Outputs = [.. cmdlet.OutputType.Select(output => output.Type is { } known ? Describe(known) : new TypeHelp(output.Name, ""))],
                Examples = [.. comment?.Descendants("example").Select(Example) ?? []],
                RelatedCmdlets = [.. comment?.Elements("seealso").Select(element => text.Line(new System.Xml.Linq.XElement("para", element))) ?? []],
            };
        }
        finally
        {
            (defaults as IDisposable)?.Dispose();
        }
    }

    private ParameterHelp Parameter(Type cmdlet, CommandParameterInfo parameter, object? defaults)
    {
        var property = cmdlet.GetProperty(parameter.Name);
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return new ParameterHelp
        {
            Name = parameter.Name,
            Type = type,
            Description = EnginesOwn.TryGetValue(parameter.Name, out var own) ? [own]
                : property is null ? [] : text.Paragraphs(documentation.Find(property)?.Element("summary")),
            Aliases = [.. parameter.Aliases],
            Values = Element(type) is { IsEnum: true } values
                ? Enum.GetNames(values)
                : [.. parameter.Attributes.OfType<ValidateSetAttribute>().SelectMany(set => set.ValidValues)],
            Required = parameter.IsMandatory,
            Position = parameter.Position < 0 ? null : parameter.Position,
            ByValue = parameter.ValueFromPipeline,
            ByPropertyName = parameter.ValueFromPipelineByPropertyName,
            Wildcards = parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any(),
            DefaultValue = property is null ? null : Default(property, defaults),
        };
    }

    private static string? Default(PropertyInfo property, object? cmdlet) => property.GetValue(cmdlet) switch
    {
        null or "" or Array { Length: 0 } => null,
        SwitchParameter present => present.ToString(),
        Array several => string.Join(", ", several.Cast<object>()),
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        var value => value.ToString(),
    };

    private TypeHelp Describe(Type type) => type == typeof(void)
        ? new TypeHelp("None", "")
        : new TypeHelp(type.FullName ?? type.Name, text.Line(documentation.Find(Element(type))?.Element("summary")));

    private ExampleHelp Example(System.Xml.Linq.XElement example)
    {
        var code = example.Descendants("code").ToArray();
        var before = example.Elements().TakeWhile(element => element.Name.LocalName != "code");
        var after = example.Elements().SkipWhile(element => element.Name.LocalName != "code").Where(element => element.Name.LocalName != "code");
        return new ExampleHelp(
            string.Join(' ', before.Select(text.Line)).TrimEnd('.'),
            string.Join('\n', code.Select(DocumentationText.Code)),
            [.. after.SelectMany(text.Paragraphs)]);
    }

    private static Type Element(Type type) => type.IsArray ? Element(type.GetElementType()!) : type;
}
