namespace DrPowerShell.Etcd.Bolt;

/// <summary>Is told what a walk passes, in the order in which bbolt's own ForEach does.</summary>
internal interface IBoltVisitor
{
    /// <summary>A bucket begins.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="depth">1 for a top-level bucket.</param>
    void EnterBucket(ReadOnlySpan<byte> name, int depth);

    /// <summary>A key with its value, in byte order of the keys. Never called outside a bucket.</summary>
    void Item(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, PageId page);

    void LeaveBucket(int depth);
}
