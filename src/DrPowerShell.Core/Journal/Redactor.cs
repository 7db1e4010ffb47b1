using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;

namespace DrPowerShell.Core.Journal;

/// <summary>Takes secrets out of what is written down. Thread safe.</summary>
public sealed class Redactor
{
    private const string Mask = "***";

    // Shorter ones would blacken ordinary words.
    private const int Shortest = 4;

    // What a later process reads again, such as a cluster's name in the plan, must not be lost to a password that happens to be a word.
    private const int ShortestInData = 8;

    private readonly ConcurrentDictionary<string, int> _secrets = new(StringComparer.Ordinal);

    /// <summary>Remembers a secret, and the forms that it takes in JSON, in URIs and in headers.</summary>
    public void Add(string? secret)
    {
        foreach (var line in (secret ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Append(secret?.Trim() ?? ""))
        {
            if (line.Length >= Shortest)
            {
                _secrets[line] = line.Length;
                _secrets[Uri.EscapeDataString(line)] = line.Length;
                _secrets[Convert.ToBase64String(Encoding.UTF8.GetBytes(line))] = line.Length;
                _secrets[JsonEncodedText.Encode(line).ToString()] = line.Length;
            }
        }
    }

    /// <summary>The text without any of them.</summary>
    public string Clean(string text) => Clean(text, Shortest);

    /// <summary>The record without any of them. Names, steps and hashes stay as they are: by them the run is found again.</summary>
    internal JournalRecord Clean(JournalRecord record) => _secrets.IsEmpty || record.Kind == JournalRecordKind.Seal ? record : record with
    {
        Text = record.Text is null || record.Kind is JournalRecordKind.Fact or JournalRecordKind.PointOfNoReturn ? record.Text : Clean(record.Text),
        Data = record.Data is { } data ? Clean(data, record.Kind is JournalRecordKind.RunBegun or JournalRecordKind.Fact ? ShortestInData : Shortest) : null,
    };

    private string Clean(string text, int shortest)
    {
        foreach (var (secret, _) in _secrets.Where(secret => secret.Value >= shortest).OrderByDescending(secret => secret.Key.Length))
        {
            text = text.Replace(secret, Mask, StringComparison.Ordinal);
        }

        return text;
    }

    private JsonElement Clean(JsonElement data, int shortest)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            Copy(data, writer, shortest);
        }

        using var clean = JsonDocument.Parse(bytes.ToArray());
        return clean.RootElement.Clone();
    }

    private void Copy(JsonElement data, Utf8JsonWriter writer, int shortest)
    {
        switch (data.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in data.EnumerateObject())
                {
                    writer.WritePropertyName(property.Name);
                    Copy(property.Value, writer, shortest);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in data.EnumerateArray())
                {
                    Copy(item, writer, shortest);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(Clean(data.GetString()!, shortest));
                break;
            default:
                data.WriteTo(writer);
                break;
        }
    }
}
