using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>What the schemas have in common: their head, their definitions, the form of their files.</summary>
internal static class SchemaText
{
    // People read the descriptions: an ellipsis stays one.
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonObject Head(string name, string title, string description) => new()
    {
        ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
        ["$id"] = $"urn:drpowershell:{name}:1",
        ["title"] = title,
        ["description"] = description,
    };

    public static string Of(JsonObject root, SortedDictionary<string, JsonObject> definitions)
    {
        var all = new JsonObject();
        foreach (var (name, definition) in definitions)
        {
            all[name] = definition;
        }

        root["$defs"] = all;
        return root.ToJsonString(Format).ReplaceLineEndings("\n") + "\n";
    }

    /// <summary>A name as JSON writes it.</summary>
    public static string NameOf(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);
}
