using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DrPowerShell.Core.Runbooks;

/// <summary>What the steps of a run have published, by name. Everything goes through JSON, so that a resumed run reads what the first one wrote. Thread safe.</summary>
public sealed class RunFacts
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly ConcurrentDictionary<string, JsonElement> _facts;

    public RunFacts(IReadOnlyDictionary<string, JsonElement>? known = null) => _facts = new(known ?? new Dictionary<string, JsonElement>(StringComparer.Ordinal), StringComparer.Ordinal);

    public bool Has(string name) => _facts.ContainsKey(name);

    /// <summary>A fact that must be there.</summary>
    /// <exception cref="Errors.FactMissingException">No step has published it.</exception>
    public T Get<T>(string name) => _facts.TryGetValue(name, out var fact) ? fact.Deserialize<T>(Json)! : throw new Errors.FactMissingException(name);

    /// <summary>A fact, or null where no step has published it.</summary>
    public T? Find<T>(string name)
        where T : class => _facts.TryGetValue(name, out var fact) ? fact.Deserialize<T>(Json) : null;

    /// <summary>The JSON that a value is kept as.</summary>
    public static JsonElement ToJson<T>(T value) => JsonSerializer.SerializeToElement(value, Json);

    /// <summary>A value from its JSON.</summary>
    public static T FromJson<T>(JsonElement json) => json.Deserialize<T>(Json)!;

    internal void Set(string name, JsonElement value) => _facts[name] = value;
}
