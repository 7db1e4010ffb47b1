namespace DrPowerShell.Testing.Etcd;

/// <summary>One key to write, with the lease it hangs on (0 for none).</summary>
public readonly record struct EtcdPut(string Key, ReadOnlyMemory<byte> Value, long Lease = 0)
{
    public EtcdPut(string key, string value, long lease = 0)
        : this(key, System.Text.Encoding.UTF8.GetBytes(value), lease)
    {
    }
}
