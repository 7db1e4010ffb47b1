using System.Reflection;
using System.Xml.Linq;

namespace DrPowerShell.Host.Help;

/// <summary>The documentation comments of several assemblies, as the compiler wrote them down.</summary>
internal sealed class XmlDocumentation
{
    private readonly Dictionary<string, XElement> _members = new(StringComparer.Ordinal);

    /// <summary>Reads every XML documentation file of a folder.</summary>
    public XmlDocumentation(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*.xml").Order(StringComparer.Ordinal))
        {
            foreach (var member in XDocument.Load(file).Descendants("member"))
            {
                _members[(string?)member.Attribute("name") ?? ""] = member;
            }
        }
    }

    /// <summary>The comment of a type, null where it has none.</summary>
    public XElement? Find(Type type) => _members.GetValueOrDefault("T:" + Id(type));

    /// <summary>
    /// The comment of a property: its own, or the one that it overrides, hides or implements, where it has none or says inheritdoc.
    /// </summary>
    public XElement? Find(PropertyInfo property)
    {
        for (var type = property.DeclaringType; type is not null; type = type.BaseType)
        {
            if (Own(type, property.Name) is { } own)
            {
                return own;
            }
        }

        return property.DeclaringType!.GetInterfaces().Select(type => Own(type, property.Name)).FirstOrDefault(found => found is not null);
    }

    private XElement? Own(Type type, string property)
    {
        var found = _members.GetValueOrDefault($"P:{Id(type)}.{property}");
        return found?.Element("inheritdoc") is null ? found : null;
    }

    private static string Id(Type type)
    {
        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return (definition.FullName ?? definition.Name).Replace('+', '.');
    }
}
