using System.Text;

namespace DrPowerShell.Core.Kubernetes;

/// <summary>Tells from a key and the value under it which Kubernetes object is stored there. Any bytes will do: what cannot be read is left out.</summary>
public static class KubernetesObjectReader
{
    private const int MaxProvider = 64;

    /// <summary>Reads a stored object. The key names it; the value adds its type, uid and times where it can be read.</summary>
    /// <param name="key">What the key says.</param>
    /// <param name="value">The value's bytes.</param>
    public static KubernetesObject Read(in KubernetesKey key, ReadOnlySpan<byte> value)
    {
        var named = new KubernetesObject { ApiGroup = key.ApiGroup, Kind = key.ObjectKind, Namespace = key.Namespace, Name = key.Name };
        if (value.StartsWith(EncryptedPrefix))
        {
            return named with { Encoding = KubernetesEncoding.Encrypted, EncryptionProvider = Provider(value[EncryptedPrefix.Length..]) };
        }

        var (encoding, found) = IsProtobuf(value) ? (KubernetesEncoding.Protobuf, StoredProtobuf.Read(value)) : (KubernetesEncoding.Json, StoredJson.Read(value));
        if (found is not { Kind: { } kind, ApiVersion: { } version })
        {
            return named;
        }

        var slash = version.IndexOf('/', StringComparison.Ordinal);
        return named with
        {
            Encoding = encoding,
            ApiVersion = version,
            ApiGroup = slash < 0 ? "" : version[..slash],
            Kind = kind,
            Uid = found.Uid,
            CreationTimestamp = found.Created,
            DeletionTimestamp = found.Deleted,
            Written = found.Written,
        };
    }

    /// <summary>Whether a value begins as the API server's protobuf envelope, or as what it encrypts, does.</summary>
    internal static bool IsKubernetes(ReadOnlySpan<byte> value) => IsProtobuf(value) || value.StartsWith(EncryptedPrefix);

    private static ReadOnlySpan<byte> EncryptedPrefix => "k8s:enc:"u8;

    private static bool IsProtobuf(ReadOnlySpan<byte> value) => value.StartsWith("k8s\0"u8);

    // k8s:enc:aescbc:v1:KEYNAME:… (apiserver pkg/server/options/encryptionconfig); what is no word is not shown.
    private static string? Provider(ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)':');
        return end is > 0 and <= MaxProvider && StoredText.IsToken(rest[..end]) ? Encoding.ASCII.GetString(rest[..end]) : null;
    }
}

/// <summary>What a value says of itself; null for what it does not.</summary>
internal sealed record StoredIdentity
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public string? Uid { get; set; }

    public DateTimeOffset? Created { get; set; }

    public DateTimeOffset? Deleted { get; set; }

    public DateTimeOffset? Written { get; private set; }

    /// <summary>Notes a moment at which the object was written.</summary>
    public void Wrote(DateTimeOffset? moment) => Written = moment > Written || Written is null ? moment ?? Written : Written;
}

/// <summary>Texts that are shown to people: only what Kubernetes allows in types and uids.</summary>
internal static class StoredText
{
    private const int MaxToken = 512;

    public static bool IsToken(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            if (!char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'.' or (byte)'-' or (byte)'/' or (byte)'_'))
            {
                return false;
            }
        }

        return bytes.Length is > 0 and <= MaxToken;
    }

    /// <summary>The text; null where it is no token.</summary>
    public static string? Token(ReadOnlySpan<byte> bytes) => IsToken(bytes) ? Encoding.ASCII.GetString(bytes) : null;

    /// <summary>The text; null where it is no token.</summary>
    public static string? Token(string? text) => text is { Length: <= MaxToken } && Token(Encoding.UTF8.GetBytes(text)) is { } token ? token : null;
}
