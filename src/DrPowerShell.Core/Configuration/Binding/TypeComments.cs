using System.Reflection;
using System.Xml.Linq;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>What the comments on this assembly's properties say, out of the file that the compiler writes beside it.</summary>
/// <remarks>Asked only where schemas are written: the module is given to users without that file.</remarks>
internal static class TypeComments
{
    private static readonly Lazy<IReadOnlyDictionary<string, XElement>> Members = new(() =>
        XDocument.Load(Path.ChangeExtension(typeof(TypeComments).Assembly.Location, ".xml")).Descendants("member").ToDictionary(one => one.Attribute("name")!.Value, StringComparer.Ordinal));

    /// <summary>A property's comment: its own, or that of the parameter of the record that it is; null where there is none.</summary>
    public static string? Of(Type type, PropertyInfo property)
    {
        var declaring = property.DeclaringType!;
        return Parameter(type, property.Name) ?? Text(Member($"P:{Id(declaring)}.{property.Name}")?.Element("summary")) ?? Parameter(declaring, property.Name);
    }

    private static string? Parameter(Type type, string name) =>
        Text(Member("T:" + Id(type))?.Elements("param").FirstOrDefault(one => one.Attribute("name")?.Value == name));

    private static XElement? Member(string id) => Members.Value.GetValueOrDefault(id);

    private static string Id(Type type) => type.FullName!.Replace('+', '.');

    private static string? Text(XElement? element) => element is null ? null
        : string.Join(' ', string.Concat(element.Nodes().Select(Word)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) is { Length: > 0 } text ? text : null;

    // A reference to a type or member is told by its name alone.
    private static string Word(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" } see when see.Attribute("cref")?.Value is { } name => name[(name.LastIndexOf('.') + 1)..],
        XElement element => element.Value,
        _ => "",
    };
}
