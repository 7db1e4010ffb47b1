using System.Globalization;
using System.Text.Json.Nodes;
using DrPowerShell.Core.Configuration.Documents;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>Writes the JSON Schema (draft 2020-12) of estate files from the shapes that the binder follows.</summary>
internal static class EstateSchema
{
    /// <summary>The file of the estate's schema.</summary>
    public static string Write() => Write<EstateDocument>("estate", "DrPowerShell estate", "What the names in DrPowerShell's commands stand for: clusters, repositories, hosts, recipients, retention, schedules and notifiers.");

    /// <summary>The schema's file of any kind of document.</summary>
    /// <param name="kind">Its name in the schema's id.</param>
    /// <param name="title">Its title.</param>
    /// <param name="description">What it is for.</param>
    public static string Write<T>(string kind, string title, string description)
    {
        var definitions = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        var root = SchemaText.Head(kind, title, description);
        foreach (var (name, value) in Section(EstateShape.Of<T>(), definitions).ToArray())
        {
            root[name] = value?.DeepClone();
        }

        return SchemaText.Of(root, definitions);
    }

    private static JsonObject Section(SectionShape shape, SortedDictionary<string, JsonObject> definitions)
    {
        var properties = new JsonObject();
        foreach (var key in shape.Keys)
        {
            properties[key.Name] = Key(key, definitions);
        }

        var schema = new JsonObject { ["type"] = "object", ["additionalProperties"] = false };
        if (shape.Keys.Where(key => key.Rules.Required).Select(key => (JsonNode)key.Name).ToArray() is { Length: > 0 } required)
        {
            schema["required"] = new JsonArray(required);
        }

        schema["properties"] = properties;
        return schema;
    }

    private static JsonObject Key(EstateKey key, SortedDictionary<string, JsonObject> definitions)
    {
        var schema = new JsonObject { ["description"] = key.Rules.Description };
        foreach (var (name, value) in Of(key.Shape, definitions).ToArray())
        {
            schema[name] = value?.DeepClone();
        }

        if (key.Rules.Default is { } @default)
        {
            schema["default"] = @default switch
            {
                bool flag => JsonValue.Create(flag),
                string text => JsonValue.Create(text),
                _ => JsonNode.Parse(Convert.ToString(@default, CultureInfo.InvariantCulture)!),
            };
        }

        return schema;
    }

    private static JsonObject Of(EstateShape shape, SortedDictionary<string, JsonObject> definitions) => shape switch
    {
        SectionShape section => Reference(section, definitions),
        NamedShape named => new JsonObject
        {
            ["type"] = new JsonArray("object", "null"),
            ["patternProperties"] = new JsonObject { [NamedShape.NamePattern] = Of(named.Item, definitions) },
            ["additionalProperties"] = false,
        },
        ListShape list => List(list, definitions),
        ValueShape value => value.Value.Schema(),
        _ => throw new InvalidOperationException($"{shape} has no schema."),
    };

    private static JsonObject List(ListShape shape, SortedDictionary<string, JsonObject> definitions)
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = Of(shape.Item, definitions) };
        if (shape.Least > 0)
        {
            schema["minItems"] = shape.Least;
        }

        return schema;
    }

    private static JsonObject Reference(SectionShape shape, SortedDictionary<string, JsonObject> definitions)
    {
        var name = SchemaText.NameOf(shape.Type.Name.Replace("Section", "", StringComparison.Ordinal));
        if (definitions.TryAdd(name, []))
        {
            definitions[name] = Section(shape, definitions);
        }

        return new JsonObject { ["$ref"] = "#/$defs/" + name };
    }
}
