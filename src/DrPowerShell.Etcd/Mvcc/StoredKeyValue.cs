using DrPowerShell.Etcd.Raft;

namespace DrPowerShell.Etcd.Mvcc;

/// <summary>A row's value as it lies in the <c>key</c> bucket, without copies.</summary>
/// <remarks>
/// mvccpb.KeyValue (etcd v3.6 api/mvccpb/kv.proto): key = 1 bytes, create_revision = 2, mod_revision = 3, version = 4 (varints),
/// value = 5 bytes, lease = 6 varint. An empty message is what a revision bump leaves behind: the key "".
/// </remarks>
internal readonly ref struct StoredKeyValue
{
    private StoredKeyValue(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long create, long mod, long version, long lease)
    {
        Key = key;
        Value = value;
        CreateRevision = create;
        ModRevision = mod;
        Version = version;
        Lease = lease;
    }

    public ReadOnlySpan<byte> Key { get; }

    public ReadOnlySpan<byte> Value { get; }

    public long CreateRevision { get; }

    public long ModRevision { get; }

    public long Version { get; }

    public long Lease { get; }

    public static bool TryRead(ReadOnlySpan<byte> bytes, out StoredKeyValue result)
    {
        result = default;
        var reader = new ProtoReader(bytes);
        ReadOnlySpan<byte> key = default, value = default;
        long create = 0, mod = 0, version = 0, lease = 0;
        while (reader.TryReadField(out var field))
        {
            switch (field)
            {
                case { Number: 1, Wire: ProtoWire.Bytes }:
                    key = field.Bytes;
                    break;
                case { Number: 2, Wire: ProtoWire.Varint }:
                    create = (long)field.Value;
                    break;
                case { Number: 3, Wire: ProtoWire.Varint }:
                    mod = (long)field.Value;
                    break;
                case { Number: 4, Wire: ProtoWire.Varint }:
                    version = (long)field.Value;
                    break;
                case { Number: 5, Wire: ProtoWire.Bytes }:
                    value = field.Bytes;
                    break;
                case { Number: 6, Wire: ProtoWire.Varint }:
                    lease = (long)field.Value;
                    break;
                case { Number: >= 1 and <= 6 }:
                    return false;
            }
        }

        result = new StoredKeyValue(key, value, create, mod, version, lease);
        return reader.IsAtEnd;
    }

    public EtcdKeyValue ToKeyValue() => new()
    {
        KeyBytes = Key.ToArray(),
        ValueBytes = Value.ToArray(),
        CreateRevision = CreateRevision,
        ModRevision = ModRevision,
        Version = Version,
        Lease = Lease,
    };
}
