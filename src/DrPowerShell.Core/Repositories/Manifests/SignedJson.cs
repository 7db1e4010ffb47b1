using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace DrPowerShell.Core.Repositories.Manifests;

/// <summary>The JSON of manifests and proofs: camelCase, nulls left out, UTC times, the signature as its last property.</summary>
/// <remarks>
/// The signature covers the UTF-8 bytes of the document without whitespace and without its "signature" property, in the order in which it is
/// written. So a document with properties that a newer version added still verifies.
/// </remarks>
public static partial class SignedJson
{
    private const string SignatureName = "signature";
    private const int MaximumSize = 1 << 20;

    /// <summary>The file of a document, signed where there is a key.</summary>
    public static byte[] Write(BackupManifest manifest, ManifestSigner? signer) => Write(manifest with { Signature = null }, Shapes.Default.BackupManifest, signer);

    /// <summary>The file of a document, signed where there is a key.</summary>
    public static byte[] Write(BackupProof proof, ManifestSigner? signer) => Write(proof with { Signature = null }, Shapes.Default.BackupProof, signer);

    /// <summary>Reads a manifest and says whether its signature is believed.</summary>
    /// <exception cref="FormatException">It is none, or of a newer version.</exception>
    public static (BackupManifest Manifest, SignatureState State) ReadManifest(byte[] file, ManifestTrust trust)
    {
        var (manifest, state) = Read(file, Shapes.Default.BackupManifest, m => m.Signature, trust);
        return manifest.Schema == BackupManifest.CurrentSchema ? (manifest, state) : throw new FormatException($"its schema '{manifest.Schema}' is not {BackupManifest.CurrentSchema}.");
    }

    /// <summary>Reads a proof and says whether its signature is believed.</summary>
    /// <exception cref="FormatException">It is none, or of a newer version.</exception>
    public static (BackupProof Proof, SignatureState State) ReadProof(byte[] file, ManifestTrust trust)
    {
        var (proof, state) = Read(file, Shapes.Default.BackupProof, p => p.Signature, trust);
        return proof.Schema == BackupProof.CurrentSchema ? (proof, state) : throw new FormatException($"its schema '{proof.Schema}' is not {BackupProof.CurrentSchema}.");
    }

    private static byte[] Write<T>(T document, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> shape, ManifestSigner? signer)
    {
        var node = JsonSerializer.SerializeToNode(document, shape)!.AsObject();
        if (signer is not null)
        {
            node[SignatureName] = JsonSerializer.SerializeToNode(signer.Sign(Payload(node)), Shapes.Default.ManifestSignature);
        }

        return JsonSerializer.SerializeToUtf8Bytes(node, Shapes.Default.JsonObject);
    }

    private static (T Document, SignatureState State) Read<T>(
        byte[] file, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> shape, Func<T, ManifestSignature?> signature, ManifestTrust trust)
    {
        if (file.Length > MaximumSize)
        {
            throw new FormatException($"it has {file.Length:N0} bytes, more than a manifest may have.");
        }

        try
        {
            var node = JsonNode.Parse(file)?.AsObject() ?? throw new FormatException("it is empty.");
            var document = node.Deserialize(shape) ?? throw new FormatException("it is empty.");
            node.Remove(SignatureName);
            return (document, trust.Check(Payload(node), signature(document)));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"it is not the JSON that was expected: {e.Message}", e);
        }
    }

    private static byte[] Payload(JsonObject node) => System.Text.Encoding.UTF8.GetBytes(node.ToJsonString());

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UseStringEnumConverter = true,
        WriteIndented = true)]
    [JsonSerializable(typeof(BackupManifest))]
    [JsonSerializable(typeof(BackupProof))]
    [JsonSerializable(typeof(ManifestSignature))]
    [JsonSerializable(typeof(JsonObject))]
    private sealed partial class Shapes : JsonSerializerContext;
}
