using System.Security.Cryptography;

namespace DrPowerShell.Etcd.Snapshots;

/// <summary>
/// Checks the digest of a snapshot as its bytes go by: the last 32 bytes of the stream are the SHA-256 of all before them, and which are the
/// last is known only at the end, so 32 bytes are always held back from the hash.
/// </summary>
public sealed class SnapshotStreamDigest : IDisposable
{
    private readonly IncrementalHash _sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _tail = new byte[SnapshotVerifier.DigestSize];
    private int _tailLength;
    private long _length;

    /// <summary>Takes the next bytes of the stream.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        var total = _tailLength + bytes.Length;
        var toHash = Math.Max(0, total - _tail.Length);
        var fromTail = Math.Min(_tailLength, toHash);
        _sha.AppendData(_tail, 0, fromTail);
        _tail.AsSpan(fromTail, _tailLength - fromTail).CopyTo(_tail);
        _tailLength -= fromTail;
        var fromBytes = toHash - fromTail;
        _sha.AppendData(bytes[..fromBytes]);
        bytes[fromBytes..].CopyTo(_tail.AsSpan(_tailLength));
        _tailLength += bytes.Length - fromBytes;
    }

    /// <summary>Ends the stream.</summary>
    /// <param name="path">What the snapshot is called in an error.</param>
    /// <returns>The SHA-256 at the end of the snapshot, lowercase hexadecimal.</returns>
    /// <exception cref="SnapshotStreamDamagedException">The stream is short, or its digest does not match.</exception>
    public string Complete(string path)
    {
        if (!SnapshotVerifier.HasDigest(_length))
        {
            throw new SnapshotStreamDamagedException(path, $"it ended after {_length:N0} bytes, without a digest");
        }

        var computed = _sha.GetCurrentHash();
        return computed.AsSpan().SequenceEqual(_tail)
            ? Convert.ToHexString(_tail).ToLowerInvariant()
            : throw new SnapshotStreamDamagedException(path, "the SHA-256 of what arrived is not the one that the member sent");
    }

    /// <summary>The SHA-256 of all bytes, the digest's own too: asked for once, after <see cref="Complete"/>.</summary>
    public string WholeSha256()
    {
        _sha.AppendData(_tail, 0, _tailLength);
        return Convert.ToHexString(_sha.GetHashAndReset()).ToLowerInvariant();
    }

    public void Dispose() => _sha.Dispose();
}
