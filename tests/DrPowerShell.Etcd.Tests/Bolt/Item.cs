using System.Buffers.Binary;
using System.Text;

namespace DrPowerShell.Etcd.Tests.Bolt;

/// <summary>A leaf's element as the writer is told to write it.</summary>
internal readonly record struct Item(byte[] Key, byte[] Value, uint Flags = 0)
{
    public Item(string key, string value)
        : this(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value))
    {
    }

    /// <summary>A bucket whose tree begins at a page.</summary>
    public static Item Bucket(string name, ulong root)
    {
        var value = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(value, root);
        return new Item(Encoding.UTF8.GetBytes(name), value, 1);
    }

    /// <summary>A bucket whose only page lies in the value itself.</summary>
    public static Item Inline(string name, params Item[] items)
    {
        var page = DatabaseWriter.LeafBytes(items);
        return new Item(Encoding.UTF8.GetBytes(name), [.. new byte[16], .. page], 1);
    }
}
