using System.Text.Json;

namespace DrPowerShell.Core.Sandboxes;

/// <summary>Reads the end of an etcd log (JSON lines) for the reason of a failure.</summary>
internal static class EtcdLog
{
    private const int TailBytes = 64 * 1024;
    private const int TailLines = 20;

    /// <summary>The last lines; none where there is no log.</summary>
    public static async Task<IReadOnlyList<string>> TailAsync(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await using (file.ConfigureAwait(false))
        {
            file.Seek(-Math.Min(TailBytes, file.Length), SeekOrigin.End);
            using var reader = new StreamReader(file);
            var text = await reader.ReadToEndAsync().ConfigureAwait(false);
            return text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(TailLines).ToArray();
        }
    }

    /// <summary>One sentence of why: the last line that tells of a failure, or the last line.</summary>
    public static string Reason(IReadOnlyList<string> tail)
    {
        var failures = tail.Select(Failure).OfType<string>().ToArray();
        return failures.LastOrDefault() ?? (tail.Count > 0 ? tail[^1] : "it left no log.");
    }

    private static string? Failure(string line)
    {
        if (line.StartsWith("panic:", StringComparison.Ordinal))
        {
            return line;
        }

        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "level") is not ("error" or "fatal" or "panic" or "dpanic"))
            {
                return null;
            }

            return string.Join(": ", new[] { Text(root, "msg"), Text(root, "error") }.OfType<string>());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
