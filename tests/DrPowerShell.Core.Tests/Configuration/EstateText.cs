using System.Text.Json.Nodes;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Configuration.Binding;
using DrPowerShell.Core.Ports;
using DrPowerShell.Testing;

namespace DrPowerShell.Core.Tests.Configuration;

/// <summary>Estates written in a test: bound, or as the JSON that a schema judges.</summary>
internal static class EstateText
{
    public const string File = "/estates/dr.yaml";

    public static string Example { get; } = Path.Combine(RepositoryPaths.Examples, "estate", "dr.yaml");

    public static (Estate Estate, IReadOnlyList<EstateMistake> Mistakes) Bind(string text, string file = File) =>
        EstateBinder.Bind(ProviderLoader.Catalog.Yaml.Read(text, file), EstateSources.For(file));

    /// <summary>The JSON that editors take a YAML text for.</summary>
    public static JsonNode? Json(string text) => Json(ProviderLoader.Catalog.Yaml.Read(text, File));

    private static JsonNode? Json(YamlTree tree)
    {
        switch (tree)
        {
            case YamlMap map:
                var json = new JsonObject();
                foreach (var (key, value) in map.Entries)
                {
                    json[key.Text] = Json(value);
                }

                return json;
            case YamlList list:
                return new JsonArray([.. list.Items.Select(Json)]);
            default:
                var scalar = (YamlScalar)tree;
                return ScalarKind.Of(scalar) switch
                {
                    ScalarKinds.Null => null,
                    ScalarKinds.Boolean => JsonValue.Create(scalar.Text[0] is 't' or 'T'),
                    ScalarKinds.Integer or ScalarKinds.Number => JsonNode.Parse(scalar.Text.TrimStart('+')),
                    _ => JsonValue.Create(scalar.Text),
                };
        }
    }
}
