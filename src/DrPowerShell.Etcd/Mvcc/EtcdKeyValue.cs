namespace DrPowerShell.Etcd.Mvcc;

/// <summary>One key with its value at one revision, from a live cluster or from a snapshot.</summary>
public sealed record EtcdKeyValue
{
    private string? _key;
    private string? _value;

    /// <summary>The key as text; bytes that are not UTF-8 show as <c>\xNN</c>.</summary>
    public string Key => _key ??= EtcdText.Show(KeyBytes);

    /// <summary>The value as text; bytes that are not UTF-8 show as <c>\xNN</c>.</summary>
    public string Value => _value ??= EtcdText.Show(ValueBytes);

    /// <summary>The main revision at which the key was created.</summary>
    public long CreateRevision { get; init; }

    /// <summary>The main revision of the last change.</summary>
    public long ModRevision { get; init; }

    /// <summary>How many times the key was written since it was created; 1 for a new key.</summary>
    public long Version { get; init; }

    /// <summary>The id of the lease that holds the key, 0 for none.</summary>
    public long Lease { get; init; }

    /// <summary>The key's own bytes.</summary>
    public required byte[] KeyBytes { get; init; }

    /// <summary>The value's own bytes.</summary>
    public required byte[] ValueBytes { get; init; }

    public override string ToString() => Key;
}
