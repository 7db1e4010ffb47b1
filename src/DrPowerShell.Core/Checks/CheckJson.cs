using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using DrPowerShell.Core.Checks.Errors;
using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Core.Checks;

/// <summary>Checks as JSON, so that a resolved plan carries them to another machine; secrets are references.</summary>
public static class CheckJson
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower), new ReferenceConverter() },
    };

    /// <summary>The checks; of scripts, with the SHA-256 that they are held to from now on.</summary>
    /// <exception cref="CheckNotPossibleException">A script is not there.</exception>
    public static JsonElement Write(IReadOnlyList<CheckSection> checks) => JsonSerializer.SerializeToElement(checks.Select(Held), Format);

    /// <summary>The checks that <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static IReadOnlyList<CheckSection> Read(JsonElement? checks) => checks is { ValueKind: JsonValueKind.Array } list ? list.Deserialize<List<CheckSection>>(Format)! : [];

    private static CheckSection Held(CheckSection check)
    {
        if (check.Script is null || check.ScriptSha256 is not null)
        {
            return check;
        }

        return File.Exists(check.Script)
            ? check with { ScriptSha256 = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(check.Script))).ToLowerInvariant() }
            : throw new CheckNotPossibleException(check.Name, $"there is no script '{check.Script}'.");
    }

    private sealed class ReferenceConverter : JsonConverter<SecretReference>
    {
        public override SecretReference Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            SecretReference.TryParse(reader.GetString() ?? "", "/", out var reference) ? reference : throw new JsonException("No reference to a secret.");

        public override void Write(Utf8JsonWriter writer, SecretReference value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
