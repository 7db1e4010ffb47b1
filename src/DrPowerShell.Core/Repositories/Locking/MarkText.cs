using System.Text.Json;
using System.Text.Json.Serialization;

namespace DrPowerShell.Core.Repositories.Locking;

/// <summary>What a mark in a repository says of the process that set it.</summary>
public sealed partial record MarkText
{
    public required string Host { get; init; }

    public required int Pid { get; init; }

    /// <summary>When the process began its work, UTC, by the store's clock where it is known.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>What the process does, in its user's words; null where there are none.</summary>
    public string? Run { get; init; }

    /// <summary>For a lock: whether the process has it, or still asks for it.</summary>
    public bool? Held { get; init; }

    /// <summary>For a lock: its holder let go, and the store would not remove the mark, as it retains every object.</summary>
    public bool? Released { get; init; }

    internal static MarkText OfThisProcess(string? run, DateTimeOffset started) =>
        new() { Host = Environment.MachineName, Pid = Environment.ProcessId, Started = started.ToUniversalTime(), Run = run };

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, MarkShapes.Default.MarkText);

    /// <summary>Reads a mark; null where it is none.</summary>
    internal static MarkText? TryRead(byte[] file)
    {
        try
        {
            return JsonSerializer.Deserialize(file, MarkShapes.Default.MarkText);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public override string ToString() => $"{(Run is null ? "" : Run + " on ")}{Host} (process {Pid})";

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(MarkText))]
    private sealed partial class MarkShapes : JsonSerializerContext;
}
