using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Module.Connections;

/// <summary>The value of an etcd key as a parameter takes it: text or bytes.</summary>
public sealed class KeyContent
{
    /// <summary>A value as text, which is stored as UTF-8.</summary>
    public KeyContent(string text) => Bytes = EtcdText.Parse(text);

    /// <summary>A value as bytes.</summary>
    public KeyContent(byte[] bytes) => Bytes = bytes;

    /// <summary>The value's bytes.</summary>
    public byte[] Bytes { get; }

    /// <inheritdoc/>
    public override string ToString() => EtcdText.Show(Bytes);
}
