using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Core.Approvals;

/// <summary>One signed document of a bundle, together with the JSON that its signature covers.</summary>
/// <remarks>
/// The signature covers the canonical JSON (<see cref="CanonicalJson"/>) of the document without its "signature" member; the document names its
/// own key, so that whoever changes the key changes what was signed. An unknown member is refused: it may be a condition of a newer version.
/// </remarks>
/// <param name="Document">What it says.</param>
/// <param name="Json">As it was read or signed.</param>
internal sealed record SignedPart<T>(T Document, JsonElement Json)
{
    /// <summary>The SHA-256 of its canonical JSON, its signature included.</summary>
    public string Digest => PlanDigest.Of(CanonicalJson.Bytes(Json));
}

/// <summary>Signs and checks the documents of a bundle.</summary>
internal static partial class SignedPart
{
    private const string SignatureName = "signature";

    public static SignedPart<RecoveryRequest> Sign(RecoveryRequest request, ManifestSigner signer) =>
        Sign(request with { Signature = null }, ApprovalJson.Default.RecoveryRequest, signer);

    public static SignedPart<RecoveryApproval> Sign(RecoveryApproval approval, ManifestSigner signer) =>
        Sign(approval with { Signature = null }, ApprovalJson.Default.RecoveryApproval, signer);

    /// <summary>Reads a document.</summary>
    /// <exception cref="FormatException">It is none of this kind.</exception>
    public static SignedPart<T> Read<T>(JsonElement json, JsonTypeInfo<T> shape)
    {
        try
        {
            return new(json.Deserialize(shape) ?? throw new FormatException("it is empty."), json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"it is not the JSON that was expected: {e.Message}", e);
        }
    }

    /// <summary>Why a document is not what its key signed; null where it is.</summary>
    public static string? Fault(JsonElement json, ManifestSignature? signature, string keyId, string publicKey)
    {
        if (signature is null)
        {
            return "it has no signature";
        }

        if (signature.Algorithm != ManifestSigner.Algorithm || signature.Certificate is not null || signature.KeyId != keyId)
        {
            return "its signature was exchanged";
        }

        if (FromBase64(publicKey) is not { } key || PlanDigest.Of(key) != keyId)
        {
            return "its key was exchanged";
        }

        try
        {
            using var verifier = ECDsa.Create();
            verifier.ImportSubjectPublicKeyInfo(key, out var read);
            return read == key.Length && FromBase64(signature.Value) is { } value && verifier.VerifyData(CanonicalJson.Bytes(json, SignatureName), value, HashAlgorithmName.SHA256)
                ? null
                : "its signature does not fit it";
        }
        catch (CryptographicException)
        {
            return "its key is none of ECDSA";
        }
    }

    // The last digit of base64 may hold bits that mean nothing: only the one spelling is taken, so that no byte can be changed.
    private static byte[]? FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && Convert.ToBase64String(bytes, 0, length) == text ? bytes[..length] : null;
    }

    private static SignedPart<T> Sign<T>(T document, JsonTypeInfo<T> shape, ManifestSigner signer)
    {
        var bare = JsonSerializer.SerializeToElement(document, shape);
        var signature = signer.Sign(CanonicalJson.Bytes(bare)) with { Certificate = null };
        var node = JsonObject.Create(bare)!;
        node[SignatureName] = JsonSerializer.SerializeToNode(signature, ApprovalJson.Default.ManifestSignature);
        return Read(JsonSerializer.SerializeToElement(node, ApprovalJson.Default.JsonObject), shape);
    }
}

/// <summary>The JSON of requests and approvals.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(RecoveryRequest))]
[JsonSerializable(typeof(RecoveryApproval))]
[JsonSerializable(typeof(ManifestSignature))]
[JsonSerializable(typeof(UseMark))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ApprovalJson : JsonSerializerContext;
