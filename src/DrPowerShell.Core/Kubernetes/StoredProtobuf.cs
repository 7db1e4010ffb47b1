using DrPowerShell.Etcd.Raft;

namespace DrPowerShell.Core.Kubernetes;

/// <summary>Reads type and metadata out of the protobuf that the API server stores built-in objects in.</summary>
/// <remarks>
/// <code>
/// offset size field
///      0    4 "k8s" 0                                  (apimachinery v0.31 pkg/runtime/serializer/protobuf/protobuf.go)
///      4    … runtime.Unknown { typeMeta = 1 { apiVersion = 1, kind = 2 }, raw = 2, contentEncoding = 3, contentType = 4 }
/// raw:        the object; its ObjectMeta is field 1 in every kind, Lease's spec field 2
/// ObjectMeta { name = 1, namespace = 3, uid = 5, creationTimestamp = 8, deletionTimestamp = 9, managedFields = 17 { time = 4 } }
/// LeaseSpec  { renewTime = 4 }
/// Time       { seconds = 1, nanos = 2 }                (pkg/apis/meta/v1/generated.proto)
/// </code>
/// </remarks>
internal static class StoredProtobuf
{
    private const int MagicSize = 4;
    private const long MinSeconds = -62_135_596_800, MaxSeconds = 253_402_300_799;

    /// <summary>Null where the bytes are not of that shape.</summary>
    public static StoredIdentity? Read(ReadOnlySpan<byte> value)
    {
        var identity = new StoredIdentity();
        ReadOnlySpan<byte> raw = default;
        var reader = new ProtoReader(value[MagicSize..]);
        while (reader.TryReadField(out var field))
        {
            switch (field)
            {
                case { Number: 1, Wire: ProtoWire.Bytes } when !TryReadType(field.Bytes, identity):
                    return null;
                case { Number: 2, Wire: ProtoWire.Bytes }:
                    raw = field.Bytes;
                    break;
                // A compressed body; the API server has never written one.
                case { Number: 3, Bytes.IsEmpty: false }:
                    return null;
            }
        }

        return reader.IsAtEnd && TryReadObject(raw, identity) ? identity : null;
    }

    private static bool TryReadType(ReadOnlySpan<byte> bytes, StoredIdentity identity)
    {
        var reader = new ProtoReader(bytes);
        while (reader.TryReadField(out var field))
        {
            identity.ApiVersion = field is { Number: 1, Wire: ProtoWire.Bytes } ? StoredText.Token(field.Bytes) : identity.ApiVersion;
            identity.Kind = field is { Number: 2, Wire: ProtoWire.Bytes } ? StoredText.Token(field.Bytes) : identity.Kind;
        }

        return reader.IsAtEnd;
    }

    private static bool TryReadObject(ReadOnlySpan<byte> bytes, StoredIdentity identity)
    {
        var hasMetadata = false;
        var reader = new ProtoReader(bytes);
        while (reader.TryReadField(out var field))
        {
            if (field is { Number: 1, Wire: ProtoWire.Bytes })
            {
                hasMetadata = TryReadMetadata(field.Bytes, identity);
                if (!hasMetadata)
                {
                    return false;
                }
            }

            if (field is { Number: 2, Wire: ProtoWire.Bytes } && identity is { Kind: "Lease", ApiVersion: ['c', 'o', 'o', 'r', ..] })
            {
                identity.Wrote(TimeIn(field.Bytes, 4));
            }
        }

        return hasMetadata && reader.IsAtEnd;
    }

    private static bool TryReadMetadata(ReadOnlySpan<byte> bytes, StoredIdentity identity)
    {
        var reader = new ProtoReader(bytes);
        while (reader.TryReadField(out var field))
        {
            switch (field)
            {
                case { Number: 5, Wire: ProtoWire.Bytes }:
                    identity.Uid = StoredText.Token(field.Bytes);
                    break;
                case { Number: 8, Wire: ProtoWire.Bytes }:
                    identity.Created = Time(field.Bytes);
                    identity.Wrote(identity.Created);
                    break;
                case { Number: 9, Wire: ProtoWire.Bytes }:
                    identity.Deleted = Time(field.Bytes);
                    break;
                case { Number: 17, Wire: ProtoWire.Bytes }:
                    identity.Wrote(TimeIn(field.Bytes, 4));
                    break;
            }
        }

        return reader.IsAtEnd;
    }

    // The time in one field of a message; the last one wins, as in protobuf.
    private static DateTimeOffset? TimeIn(ReadOnlySpan<byte> bytes, int number)
    {
        DateTimeOffset? time = null;
        var reader = new ProtoReader(bytes);
        while (reader.TryReadField(out var field))
        {
            time = field.Number == number && field.Wire == ProtoWire.Bytes ? Time(field.Bytes) : time;
        }

        return reader.IsAtEnd ? time : null;
    }

    // Go's zero time is written as an empty message.
    private static DateTimeOffset? Time(ReadOnlySpan<byte> bytes)
    {
        long seconds = 0, nanos = 0;
        var reader = new ProtoReader(bytes);
        while (reader.TryReadField(out var field))
        {
            seconds = field is { Number: 1, Wire: ProtoWire.Varint } ? (long)field.Value : seconds;
            nanos = field is { Number: 2, Wire: ProtoWire.Varint } ? (long)field.Value : nanos;
        }

        return reader.IsAtEnd && (seconds, nanos) != (0, 0) && seconds is > MinSeconds and <= MaxSeconds && nanos is >= 0 and < 1_000_000_000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanos / 100)
            : null;
    }
}
