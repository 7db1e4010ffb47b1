using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DrPowerShell.Core.Journal;

/// <summary>The data of a record as JSON.</summary>
internal static class JournalData
{
    public static JsonElement Of<T>(T data, JsonTypeInfo<T> shape) => JsonSerializer.SerializeToElement(data, shape);

    public static T Read<T>(JournalRecord record, JsonTypeInfo<T> shape) =>
        (record.Data is { } data ? data.Deserialize(shape) : default) ?? throw new FormatException($"record {record.Sequence} ({record.Kind}) lacks its data.");
}
