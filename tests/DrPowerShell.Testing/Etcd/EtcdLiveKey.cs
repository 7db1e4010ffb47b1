namespace DrPowerShell.Testing.Etcd;

/// <summary>One key as a live member returned it.</summary>
public sealed record EtcdLiveKey(byte[] Key, byte[] Value, long CreateRevision, long ModRevision, long Version, long Lease)
{
    /// <summary>The key as text.</summary>
    public string KeyText => System.Text.Encoding.UTF8.GetString(Key);

    /// <summary>The value as text.</summary>
    public string ValueText => System.Text.Encoding.UTF8.GetString(Value);
}
