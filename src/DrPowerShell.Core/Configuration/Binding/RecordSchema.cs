using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>Writes the JSON Schema of a document from its type: a record, camelCase, nulls left out, enums by their names, UTC times, spans as hh:mm:ss.</summary>
/// <remarks>
/// A newer version may add properties, so unknown ones are allowed; a document's own schema property says which version it is. The descriptions are
/// the properties' own comments.
/// </remarks>
internal static class RecordSchema
{
    private static readonly NullabilityInfoContext Nullability = new();

    /// <summary>The schema of a type; all other types of ours that it holds are defined in it.</summary>
    public static string Write(Type type, string name, string title, string version)
    {
        var definitions = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        var root = SchemaText.Head(name, title, $"Version {version}.");
        foreach (var (key, value) in Object(type, definitions).ToArray())
        {
            root[key] = value?.DeepClone();
        }

        root["properties"]!["schema"]!["enum"] = new JsonArray(version);
        return SchemaText.Of(root, definitions);
    }

    private static JsonObject Object(Type type, SortedDictionary<string, JsonObject> definitions)
    {
        // What the primary constructor takes is always written, as is what is marked as required.
        var constructed = type.GetConstructors().MaxBy(one => one.GetParameters().Length)!.GetParameters().Select(one => one.Name).ToHashSet(StringComparer.Ordinal);
        var (properties, required) = (new JsonObject(), new JsonArray());
        foreach (var property in type.GetProperties().Where(one => one.CanWrite && !one.IsDefined(typeof(System.Text.Json.Serialization.JsonIgnoreAttribute), inherit: false)))
        {
            var name = SchemaText.NameOf(property.Name);
            properties[name] = Described(TypeComments.Of(type, property), Of(property.PropertyType, definitions));
            var isOptional = Nullable.GetUnderlyingType(property.PropertyType) is not null || IsNullable(property);
            if (!isOptional && (property.IsDefined(typeof(RequiredMemberAttribute)) || constructed.Contains(property.Name)))
            {
                required.Add((JsonNode)name);
            }
        }

        return new JsonObject { ["type"] = "object", ["required"] = required, ["properties"] = properties };
    }

    private static JsonObject Described(string? comment, JsonObject shape)
    {
        var schema = new JsonObject();
        if (comment is not null)
        {
            schema["description"] = comment;
        }

        foreach (var (key, value) in shape)
        {
            schema[key] = value?.DeepClone();
        }

        return schema;
    }

    private static JsonObject Of(Type type, SortedDictionary<string, JsonObject> definitions)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return true switch
        {
            _ when type == typeof(string) => new JsonObject { ["type"] = "string" },
            _ when type == typeof(bool) => new JsonObject { ["type"] = "boolean" },
            _ when type == typeof(uint) => new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = uint.MaxValue },
            _ when type == typeof(int) || type == typeof(long) => new JsonObject { ["type"] = "integer" },
            _ when type == typeof(TimeSpan) => new JsonObject { ["type"] = "string", ["pattern"] = "^-?(\\d+\\.)?\\d{2}:\\d{2}:\\d{2}(\\.\\d{7})?$" },
            _ when type == typeof(DateTimeOffset) => new JsonObject { ["type"] = "string", ["format"] = "date-time" },
            _ when type.IsEnum => new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(name => (JsonNode)Word(type, name))]) },
            _ when type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) =>
                new JsonObject { ["type"] = "array", ["items"] = Of(type.GetGenericArguments()[0], definitions) },
            _ when type.Assembly == typeof(RecordSchema).Assembly => Reference(type, definitions),
            _ => throw new InvalidOperationException($"{type} has no form in a schema."),
        };
    }

    // Only events of notices are written otherwise than they are named.
    private static string Word(Type type, string name) =>
        type == typeof(Notifications.NoticeEvent) ? System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(name) : name;

    private static JsonObject Reference(Type type, SortedDictionary<string, JsonObject> definitions)
    {
        var name = SchemaText.NameOf(type.Name.Replace("Manifest", "", StringComparison.Ordinal));
        if (definitions.TryAdd(name, []))
        {
            definitions[name] = Object(type, definitions);
        }

        return new JsonObject { ["$ref"] = "#/$defs/" + name };
    }

    private static bool IsNullable(PropertyInfo property)
    {
        lock (Nullability)
        {
            return Nullability.Create(property).WriteState == NullabilityState.Nullable;
        }
    }
}
