using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace DrPowerShell.Host.Help;

/// <summary>Writes help as MAML, the XML that Get-Help reads for compiled cmdlets.</summary>
/// <remarks>The order of the elements is that of the MAML schema; Get-Help finds them by name.</remarks>
internal static class MamlWriter
{
    private static readonly XNamespace Msh = "http://msh";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static void Write(string file, IEnumerable<CmdletHelp> cmdlets)
    {
        var root = new XElement(Msh + "helpItems", new XAttribute("schema", "maml"), cmdlets.Select(Cmdlet));
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        using var writer = XmlWriter.Create(file, new XmlWriterSettings { Indent = true, NewLineChars = "\n", Encoding = new System.Text.UTF8Encoding(false) });
        new XDocument(root).Save(writer);
    }

    private static XElement Cmdlet(CmdletHelp help) => new(Command + "command",
        new XAttribute(XNamespace.Xmlns + "maml", Maml),
        new XAttribute(XNamespace.Xmlns + "command", Command),
        new XAttribute(XNamespace.Xmlns + "dev", Dev),
        new XElement(Command + "details",
            new XElement(Command + "name", help.Name),
            new XElement(Command + "verb", help.Verb),
            new XElement(Command + "noun", help.Noun),
            Description([help.Synopsis])),
        Description(help.Description),
        new XElement(Command + "syntax", help.Sets.Select(set => new XElement(Command + "syntaxItem",
            new XElement(Maml + "name", help.Name),
            set.Select(parameter => Parameter(parameter, inSyntax: true))))),
        new XElement(Command + "parameters", help.Parameters.Select(parameter => Parameter(parameter, inSyntax: false))),
        new XElement(Command + "inputTypes", OrNone(help.Inputs).Select(type => new XElement(Command + "inputType", Type(type)))),
        new XElement(Command + "returnValues", OrNone(help.Outputs).Select(type => new XElement(Command + "returnValue", Type(type)))),
        new XElement(Command + "examples", help.Examples.Select(Example)),
        new XElement(Command + "relatedLinks", help.RelatedCmdlets.Select(name =>
            new XElement(Maml + "navigationLink", new XElement(Maml + "linkText", name), new XElement(Maml + "uri")))));

    private static XElement Parameter(ParameterHelp parameter, bool inSyntax)
    {
        var flag = parameter.Type == typeof(System.Management.Automation.SwitchParameter);
        return new XElement(Command + "parameter",
            new XAttribute("required", Word(parameter.Required)),
            new XAttribute("variableLength", Word(parameter.Type.IsArray)),
            new XAttribute("globbing", Word(parameter.Wildcards)),
            new XAttribute("pipelineInput", Pipeline(parameter)),
            new XAttribute("position", parameter.Position?.ToString(CultureInfo.InvariantCulture) ?? "named"),
            new XAttribute("aliases", parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases)),
            new XElement(Maml + "name", parameter.Name),
            Description(parameter.Description),
            inSyntax && parameter.Values.Count > 0
                ? new XElement(Command + "parameterValueGroup", parameter.Values.Select(value =>
                    new XElement(Command + "parameterValue", new XAttribute("required", "false"), new XAttribute("variableLength", "false"), value)))
                : null,
            inSyntax && flag ? null : new XElement(Command + "parameterValue",
                new XAttribute("required", Word(!flag)),
                new XAttribute("variableLength", Word(parameter.Type.IsArray)),
                parameter.Type.Name),
            new XElement(Dev + "type", new XElement(Maml + "name", parameter.Type.Name), new XElement(Maml + "uri")),
            new XElement(Dev + "defaultValue", parameter.DefaultValue ?? "None"),
            inSyntax || parameter.Values.Count == 0 ? null : new XElement(Dev + "possibleValues", parameter.Values.Select(value =>
                new XElement(Dev + "possibleValue", new XElement(Dev + "value", value), Description([])))));
    }

    private static XElement Example(ExampleHelp example, int index) => new(Command + "example",
        new XElement(Maml + "title", string.Create(CultureInfo.InvariantCulture, $"-------- Example {index + 1}: {example.Title} --------")),
        new XElement(Dev + "code", example.Code),
        new XElement(Dev + "remarks", example.Remarks.Select(remark => new XElement(Maml + "para", remark))));

    private static IEnumerable<object> Type(TypeHelp type) =>
        [new XElement(Dev + "type", new XElement(Maml + "name", type.Name), new XElement(Maml + "uri")), Description([type.Description])];

    private static XElement Description(IEnumerable<string> paragraphs) =>
        new(Maml + "description", paragraphs.Select(paragraph => new XElement(Maml + "para", paragraph)));

    private static IEnumerable<TypeHelp> OrNone(IReadOnlyList<TypeHelp> types) => types.Count == 0 ? [new TypeHelp("None", "")] : types;

    private static string Pipeline(ParameterHelp parameter) => (parameter.ByValue, parameter.ByPropertyName) switch
    {
        (true, true) => "True (ByPropertyName, ByValue)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };

    private static string Word(bool value) => value ? "true" : "false";
}
