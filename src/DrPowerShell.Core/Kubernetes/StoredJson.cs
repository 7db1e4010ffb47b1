using System.Text.Json;

namespace DrPowerShell.Core.Kubernetes;

/// <summary>Reads type and metadata out of the JSON that custom resources are stored in.</summary>
internal static class StoredJson
{
    // A custom resource may nest as deep as its authors like; the reader keeps one bit a level.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 10_000 };

    /// <summary>Null where the bytes are no JSON object.</summary>
    public static StoredIdentity? Read(ReadOnlySpan<byte> value)
    {
        try
        {
            var reader = new Utf8JsonReader(value, Options);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? ReadObject(ref reader) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static StoredIdentity ReadObject(ref Utf8JsonReader reader)
    {
        var identity = new StoredIdentity();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("apiVersion"u8))
            {
                identity.ApiVersion = Token(ref reader);
            }
            else if (reader.ValueTextEquals("kind"u8))
            {
                identity.Kind = Token(ref reader);
            }
            else if (reader.ValueTextEquals("metadata"u8) && reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                ReadMetadata(ref reader, identity);
            }
            else
            {
                reader.Skip();
            }
        }

        // To the end: a value that was cut off is not half an object.
        return reader.Read() ? throw new JsonException() : identity;
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, StoredIdentity identity)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("uid"u8))
            {
                identity.Uid = Token(ref reader);
            }
            else if (reader.ValueTextEquals("creationTimestamp"u8))
            {
                identity.Created = Time(ref reader);
                identity.Wrote(identity.Created);
            }
            else if (reader.ValueTextEquals("deletionTimestamp"u8))
            {
                identity.Deleted = Time(ref reader);
            }
            else if (reader.ValueTextEquals("managedFields"u8) && reader.Read() && reader.TokenType == JsonTokenType.StartArray)
            {
                ReadManagedFields(ref reader, identity);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void ReadManagedFields(ref Utf8JsonReader reader, StoredIdentity identity)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("time"u8))
                {
                    identity.Wrote(Time(ref reader));
                }
                else
                {
                    reader.Skip();
                }
            }
        }
    }

    private static string? Token(ref Utf8JsonReader reader)
    {
        if (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            return StoredText.Token(reader.GetString());
        }

        reader.Skip();
        return null;
    }

    private static DateTimeOffset? Time(ref Utf8JsonReader reader)
    {
        if (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            return reader.TryGetDateTimeOffset(out var time) ? time.ToUniversalTime() : null;
        }

        reader.Skip();
        return null;
    }
}
