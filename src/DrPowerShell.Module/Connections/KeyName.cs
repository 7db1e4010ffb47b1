using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Module.Connections;

/// <summary>An etcd key as a parameter takes it: text, bytes, or a key object that a cmdlet returned (whose bytes are kept exactly).</summary>
public sealed class KeyName
{
    /// <summary>A key as text, which is stored as UTF-8.</summary>
    public KeyName(string text)
        : this(EtcdText.Parse(text))
    {
    }

    /// <summary>A key as bytes.</summary>
    public KeyName(byte[] bytes)
    {
        if (bytes.Length == 0)
        {
            throw new ArgumentException("An etcd key has one byte at least.", nameof(bytes));
        }

        Bytes = bytes;
    }

    /// <summary>The key of a key object.</summary>
    public KeyName(EtcdKeyValue key)
        : this(key.KeyBytes)
    {
    }

    /// <summary>The key's bytes.</summary>
    public byte[] Bytes { get; }

    /// <inheritdoc/>
    public override string ToString() => EtcdText.Show(Bytes);
}
