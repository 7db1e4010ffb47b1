using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DrPowerShell.Providers.Sftp;

/// <summary>An SFTP session, version 3 with OpenSSH's extensions where the server has them. Thread safe.</summary>
internal sealed class SftpSession : IDisposable
{
    // What any server takes in one packet, and what is asked for at most of one that takes more.
    private const int SmallestChunk = 32 * 1024;
    private const int LargestChunk = 128 * 1024;

    // The server says nothing while its disk takes in what was written, and gigabytes to a slow one take their time.
    private static readonly TimeSpan SyncPatience = TimeSpan.FromMinutes(5);

    private readonly SshConnection _connection;
    private readonly SftpTransport _transport;
    private readonly HashSet<string> _extensions = new(StringComparer.Ordinal);

    private SftpSession(SshConnection connection, SftpTransport transport) => (_connection, _transport) = (connection, transport);

    public bool IsAlive => _transport.IsAlive;

    /// <summary>How many bytes one read or write may carry.</summary>
    public int ChunkSize { get; private set; } = SmallestChunk;

    public bool CanLink => _extensions.Contains("hardlink@openssh.com");

    public bool CanReplace => _extensions.Contains("posix-rename@openssh.com");

    /// <summary>Begins a session on a connection, which it then owns.</summary>
    public static async Task<SftpSession> BeginAsync(SshConnection connection, TimeSpan patience, CancellationToken cancellationToken)
    {
        SftpSession? session = null;
        try
        {
            var transport = await Task.Run(() => new SftpTransport(connection.Client, patience), cancellationToken).ConfigureAwait(false);
            session = new SftpSession(connection, transport);
            session.ReadVersion(await transport.InitialiseAsync(cancellationToken).ConfigureAwait(false));
            await session.AskForLimitsAsync(cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch
        {
            (session as IDisposable ?? connection).Dispose();
            throw;
        }
    }

    public async Task<SftpHandle> OpenAsync(string path, SftpOpen how, CancellationToken cancellationToken)
    {
        var asked = _transport.AskAsync(SftpPacketType.Open, p => p.Text(path).UInt32((uint)how).UInt32(0), CancellationToken.None);
        return await HandleAsync(asked, cancellationToken).ConfigureAwait(false);
    }

    public Task CloseAsync(SftpHandle handle, CancellationToken cancellationToken) =>
        DoAsync(SftpPacketType.Close, p => p.Bytes(handle.Bytes), cancellationToken);

    /// <summary>Reads from a file; null at its end. The answer's bytes are its body after the first four.</summary>
    public async Task<SftpAnswer?> ReadAsync(SftpHandle handle, long offset, int count, CancellationToken cancellationToken)
    {
        var answer = await _transport.AskAsync(
            SftpPacketType.Read, p => p.Bytes(handle.Bytes).UInt64((ulong)offset).UInt32((uint)count), cancellationToken).ConfigureAwait(false);
        if (answer.Type == SftpPacketType.Data)
        {
            return answer;
        }

        using (answer)
        {
            return StatusOf(answer) is { Status: SftpStatus.EndOfFile } ? null : throw Unexpected(answer);
        }
    }

    /// <summary>How many bytes stand before the data in the packet of a write.</summary>
    public static int WriteOverhead(SftpHandle handle) => 4 + 1 + 4 + 4 + handle.Bytes.Length + 8 + 4;

    /// <summary>Writes to a file. The data stands in a pooled array after <see cref="WriteOverhead"/> bytes; the array goes back to the pool.</summary>
    public async Task WriteAsync(SftpHandle handle, long offset, byte[] pooled, int count, CancellationToken cancellationToken)
    {
        var head = pooled.AsSpan(0, WriteOverhead(handle));
        head[4] = (byte)SftpPacketType.Write;
        BinaryPrimitives.WriteInt32BigEndian(head[9..], handle.Bytes.Length);
        handle.Bytes.CopyTo(head[13..]);
        var rest = head[(13 + handle.Bytes.Length)..];
        BinaryPrimitives.WriteInt64BigEndian(rest, offset);
        BinaryPrimitives.WriteInt32BigEndian(rest[8..], count);
        using var answer = await _transport.AskAsync(pooled, head.Length + count, cancellationToken).ConfigureAwait(false);
        RequireOk(answer);
    }

    /// <summary>Brings a file's bytes to the disk, where the server can be asked to.</summary>
    public Task SyncAsync(SftpHandle handle, CancellationToken cancellationToken) => _extensions.Contains("fsync@openssh.com")
        ? DoAsync(SftpPacketType.Extended, p => p.Text("fsync@openssh.com").Bytes(handle.Bytes), cancellationToken, SyncPatience)
        : Task.CompletedTask;

    public Task<SftpAttributes> StatAsync(string path, CancellationToken cancellationToken) => AttributesAsync(SftpPacketType.Stat, path, cancellationToken);

    /// <summary>Looks at a path; null where there is nothing.</summary>
    public async Task<SftpAttributes?> FindAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await StatAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (SftpStatusException e) when (e.Status == SftpStatus.NoSuchFile)
        {
            return null;
        }
    }

    public async Task<string> RealPathAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await _transport.AskAsync(SftpPacketType.RealPath, p => p.Text(path), cancellationToken).ConfigureAwait(false);
        return Entries(answer)[0].Name;
    }

    public async Task<SftpHandle> OpenFolderAsync(string path, CancellationToken cancellationToken) =>
        await HandleAsync(_transport.AskAsync(SftpPacketType.OpenFolder, p => p.Text(path), CancellationToken.None), cancellationToken).ConfigureAwait(false);

    /// <summary>Reads some more names of a folder; null when there are none left.</summary>
    public async Task<IReadOnlyList<SftpEntry>?> ReadFolderAsync(SftpHandle folder, CancellationToken cancellationToken)
    {
        using var answer = await _transport.AskAsync(SftpPacketType.ReadFolder, p => p.Bytes(folder.Bytes), cancellationToken).ConfigureAwait(false);
        return answer.Type == SftpPacketType.Status && StatusOf(answer) is { Status: SftpStatus.EndOfFile } ? null : Entries(answer);
    }

    public Task RemoveAsync(string path, CancellationToken cancellationToken) => DoAsync(SftpPacketType.Remove, p => p.Text(path), cancellationToken);

    public Task MakeFolderAsync(string path, CancellationToken cancellationToken) =>
        DoAsync(SftpPacketType.MakeFolder, p => p.Text(path).UInt32(0), cancellationToken);

    /// <summary>Gives a file a new name; version 3 demands that it fails where that one is taken.</summary>
    public Task RenameAsync(string from, string to, CancellationToken cancellationToken) =>
        DoAsync(SftpPacketType.Rename, p => p.Text(from).Text(to), cancellationToken);

    /// <summary>Gives a file a new name, in place of what has it.</summary>
    public Task ReplaceAsync(string from, string to, CancellationToken cancellationToken) =>
        DoAsync(SftpPacketType.Extended, p => p.Text("posix-rename@openssh.com").Text(from).Text(to), cancellationToken);

    /// <summary>Gives a file a second name; fails where that one is taken.</summary>
    public Task LinkAsync(string from, string to, CancellationToken cancellationToken) =>
        DoAsync(SftpPacketType.Extended, p => p.Text("hardlink@openssh.com").Text(from).Text(to), cancellationToken);

    /// <summary>The room on a file system; null where the server does not tell.</summary>
    public async Task<SftpRoom?> FindRoomAsync(string path, CancellationToken cancellationToken)
    {
        if (!_extensions.Contains("statvfs@openssh.com"))
        {
            return null;
        }

        using var answer = await _transport.AskAsync(SftpPacketType.Extended, p => p.Text("statvfs@openssh.com").Text(path), cancellationToken).ConfigureAwait(false);
        return answer.Type == SftpPacketType.ExtendedReply ? SftpRoom.Read(answer.Body) : null;
    }

    public void Dispose()
    {
        _transport.Dispose();
        _connection.Dispose();
    }

    private void ReadVersion(byte[] body)
    {
        var reader = new SftpPacketReader(body);
        reader.UInt32();
        while (!reader.IsAtEnd)
        {
            _extensions.Add(reader.Text());
            reader.Bytes(); // its version; each of those used here has one only
        }
    }

    // limits@openssh.com: uint64 packet, read, write, handles
    private async Task AskForLimitsAsync(CancellationToken cancellationToken)
    {
        if (!_extensions.Contains("limits@openssh.com"))
        {
            return;
        }

        using var answer = await _transport.AskAsync(SftpPacketType.Extended, p => p.Text("limits@openssh.com"), cancellationToken).ConfigureAwait(false);
        if (answer.Type == SftpPacketType.ExtendedReply)
        {
            var reader = new SftpPacketReader(answer.Body);
            reader.UInt64();
            var most = Math.Min(reader.UInt64(), reader.UInt64());
            ChunkSize = (int)Math.Clamp(most, SmallestChunk, LargestChunk);
        }
    }

    private async Task<SftpAttributes> AttributesAsync(SftpPacketType type, string path, CancellationToken cancellationToken)
    {
        using var answer = await _transport.AskAsync(type, p => p.Text(path), cancellationToken).ConfigureAwait(false);
        return answer.Type == SftpPacketType.Attributes ? new SftpPacketReader(answer.Body).Attributes() : throw Unexpected(answer);
    }

    private async Task DoAsync(SftpPacketType type, Action<SftpPacketWriter> write, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        using var answer = await _transport.AskAsync(type, write, cancellationToken, patience).ConfigureAwait(false);
        RequireOk(answer);
    }

    // A handle that arrives after its caller has left is closed again: a server has only so many.
    private async Task<SftpHandle> HandleAsync(Task<SftpAnswer> asked, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await asked.WaitAsync(cancellationToken).ConfigureAwait(false);
            return HandleOf(answer);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _ = asked.ContinueWith(
                late => CloseAsync(HandleOf(late.Result), CancellationToken.None),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw;
        }
    }

    private static SftpHandle HandleOf(SftpAnswer answer) =>
        answer.Type == SftpPacketType.Handle ? new(new SftpPacketReader(answer.Body).Bytes().ToArray()) : throw Unexpected(answer);

    private static List<SftpEntry> Entries(SftpAnswer answer)
    {
        if (answer.Type != SftpPacketType.Name)
        {
            throw Unexpected(answer);
        }

        var reader = new SftpPacketReader(answer.Body);
        var entries = new List<SftpEntry>();
        for (var left = reader.UInt32(); left > 0; left--)
        {
            var name = reader.Text();
            reader.Bytes(); // the line that ls would print
            entries.Add(new(name, reader.Attributes()));
        }

        return entries;
    }

    private static void RequireOk(SftpAnswer answer)
    {
        if (answer.Type != SftpPacketType.Status || StatusOf(answer) is { Status: not SftpStatus.Ok })
        {
            throw Unexpected(answer);
        }
    }

    private static Exception Unexpected(SftpAnswer answer) => answer.Type == SftpPacketType.Status
        ? StatusOf(answer)
        : new SftpConnectionLostException($"the server answered with a packet of type {(byte)answer.Type}.");

    private static SftpStatusException StatusOf(SftpAnswer answer)
    {
        var reader = new SftpPacketReader(answer.Body);
        var status = (SftpStatus)reader.UInt32();
        return new(status, reader.IsAtEnd ? "" : reader.Text());
    }
}

/// <summary>An open file or folder of a server.</summary>
internal sealed record SftpHandle(byte[] Bytes);

/// <summary>How a file is opened.</summary>
[Flags]
internal enum SftpOpen
{
    Read = 1,
    Write = 2,
    Create = 8,
    Exclusive = 32,
}

/// <summary>The room on a server's file system.</summary>
/// <param name="FreeBytes">What is left for this user.</param>
/// <param name="FreeFiles">How many files it may still create; null where the file system does not count.</param>
/// <param name="IsReadOnly">Nothing can be written.</param>
internal sealed record SftpRoom(long FreeBytes, long? FreeFiles, bool IsReadOnly)
{
    // statvfs@openssh.com: uint64 bsize, frsize, blocks, bfree, bavail, files, ffree, favail, fsid, flag, namemax
    public static SftpRoom Read(ReadOnlySpan<byte> body)
    {
        var reader = new SftpPacketReader(body);
        var n = new ulong[10];
        for (var i = 0; i < n.Length; i++)
        {
            n[i] = reader.UInt64();
        }

        return new((long)(n[1] * n[4]), n[5] == 0 ? null : (long)n[7], (n[9] & 1) != 0);
    }
}
