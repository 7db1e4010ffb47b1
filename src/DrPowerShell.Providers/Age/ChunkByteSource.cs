using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Providers.Age;

/// <summary>Random reads from the payload of an age file whose key is known: each read opens the chunks that it touches.</summary>
internal sealed class ChunkByteSource : IByteSource
{
    // So many chunks are asked of the source in one read.
    private const int Batch = 16;

    private readonly IByteSource _stored;
    private readonly ChunkCipher _cipher;
    private readonly int _headLength;
    private readonly long _chunks;

    /// <param name="stored">The file; disposed with this.</param>
    /// <param name="cipher">Of the payload's key; disposed with this.</param>
    /// <param name="head">The header and the payload's nonce, which must be there as they were written: the file could not be opened without.</param>
    public ChunkByteSource(IByteSource stored, ChunkCipher cipher, ReadOnlySpan<byte> head)
    {
        (_stored, _cipher, _headLength) = (stored, cipher, head.Length);
        _chunks = (stored.Length - head.Length + ChunkStream.SealedLength - 1) / ChunkStream.SealedLength;
        var found = new byte[head.Length];
        stored.ReadExactly(0, found);
        if (!head.SequenceEqual(found))
        {
            throw new EncryptedDataDamagedException(Name, "its header is not what was written.");
        }

        // What is cut off within the last chunk is told when that is opened; it never is where no more than its tag is left.
        var last = stored.Length - head.Length - ((_chunks - 1) * ChunkStream.SealedLength);
        if (_chunks == 0 || last < ChunkCipher.TagLength || (last == ChunkCipher.TagLength && _chunks > 1))
        {
            throw new EncryptedDataDamagedException(Name, "its end is missing.");
        }

        if (last == ChunkCipher.TagLength)
        {
            // An empty file's one chunk, which no read would open.
            var tag = new byte[ChunkCipher.TagLength];
            stored.ReadExactly(head.Length, tag);
            Open(0, tag, []);
        }
    }

    public string Name => _stored.Name;

    public long Length => _stored.Length - _headLength - (_chunks * ChunkCipher.TagLength);

    public void ReadExactly(long offset, Span<byte> buffer)
    {
        if (offset < 0 || buffer.Length > Length - offset)
        {
            throw new SnapshotReadFailedException(Name, $"it ends before byte {offset + buffer.Length:N0}");
        }

        var plain = new byte[ChunkStream.PlainLength];
        while (!buffer.IsEmpty)
        {
            var first = offset / ChunkStream.PlainLength;
            var count = (int)Math.Min(Batch, ((offset + buffer.Length - 1) / ChunkStream.PlainLength) - first + 1);
            var at = _headLength + (first * ChunkStream.SealedLength);
            var bytes = GC.AllocateUninitializedArray<byte>((int)Math.Min((long)count * ChunkStream.SealedLength, _stored.Length - at));
            _stored.ReadExactly(at, bytes);
            for (var i = 0; i < count; i++)
            {
                var sealedBytes = bytes.AsSpan(i * ChunkStream.SealedLength, Math.Min(ChunkStream.SealedLength, bytes.Length - (i * ChunkStream.SealedLength)));
                var whole = plain.AsSpan(0, sealedBytes.Length - ChunkCipher.TagLength);
                Open(first + i, sealedBytes, whole);
                var part = whole[(int)(offset % ChunkStream.PlainLength)..];
                part = part[..Math.Min(part.Length, buffer.Length)];
                part.CopyTo(buffer);
                buffer = buffer[part.Length..];
                offset += part.Length;
            }
        }
    }

    public void Dispose()
    {
        _cipher.Dispose();
        _stored.Dispose();
    }

    private void Open(long number, ReadOnlySpan<byte> sealedBytes, Span<byte> plain)
    {
        Span<byte> nonce = stackalloc byte[ChunkCipher.NonceLength];
        ChunkStream.WriteNonce(nonce, (ulong)number, last: number == _chunks - 1);
        bool isOpen;
        // The platform's cipher is one state of OpenSSL's, for one thread at a time.
        lock (_cipher)
        {
            isOpen = _cipher.TryDecrypt(nonce, sealedBytes, plain);
        }

        if (!isOpen)
        {
            throw new EncryptedDataDamagedException(Name, $"the chunk at {number * ChunkStream.PlainLength:N0} bytes is not what was encrypted.");
        }
    }
}
