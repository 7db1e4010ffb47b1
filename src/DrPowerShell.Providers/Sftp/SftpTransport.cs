using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Threading.Channels;
using Renci.SshNet;

namespace DrPowerShell.Providers.Sftp;

/// <summary>
/// Requests and answers of one SFTP channel, matched by their ids: any number of callers at once, none of them blocked while another waits.
/// </summary>
internal sealed class SftpTransport : IDisposable
{
    private const int LargestAnswer = 1 << 20;

    private readonly ConcurrentDictionary<uint, TaskCompletionSource<SftpAnswer>> _waiting = new();
    private readonly Channel<Packet> _outgoing = Channel.CreateUnbounded<Packet>(new() { SingleReader = true });
    private readonly TaskCompletionSource<byte[]> _version = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeSpan _patience;
    private readonly SshSubsystem _channel;
    private readonly Task _sending;
    private byte[] _incoming = new byte[64 * 1024];
    private int _received;
    private uint _lastId;
    private long _lastHeard = Environment.TickCount64;
    private Exception? _broken;

    /// <summary>Opens the channel; blocks for some round trips.</summary>
    /// <param name="patience">How long the server may be silent while an answer is due.</param>
    public SftpTransport(SshClient client, TimeSpan patience)
    {
        _patience = patience;
        _channel = SshSubsystem.Open(client, "sftp", OnReceived, e => Break(new SftpConnectionLostException(e?.Message ?? "the server closed the connection.", e)));
        _sending = Task.Run(SendAsync);
    }

    public bool IsAlive => Volatile.Read(ref _broken) is null;

    /// <summary>Tells the server which version is spoken here; the answer is the body of its own telling.</summary>
    public async Task<byte[]> InitialiseAsync(CancellationToken cancellationToken)
    {
        _outgoing.Writer.TryWrite(new(new SftpPacketWriter(SftpPacketType.Init).UInt32(3).ToSegment(), Pooled: false));
        return await PatientlyAsync(_version.Task, _patience, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a request and awaits its answer. A cancelled caller leaves; the answer is then dropped when it comes.</summary>
    /// <param name="type">What is asked.</param>
    /// <param name="write">Writes what follows the id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="patience">How long the server may be silent over this; null for the usual time.</param>
    public Task<SftpAnswer> AskAsync(SftpPacketType type, Action<SftpPacketWriter> write, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        var (id, answer) = Expect();
        var packet = new SftpPacketWriter(type).UInt32(id);
        write(packet);
        return SendAsync(new(packet.ToSegment(), Pooled: false), answer, patience ?? _patience, cancellationToken);
    }

    /// <summary>Sends a packet that is complete but for length and id, in an array of the shared pool, which takes it back once it is sent.</summary>
    public Task<SftpAnswer> AskAsync(byte[] pooled, int length, CancellationToken cancellationToken)
    {
        var (id, answer) = Expect();
        BinaryPrimitives.WriteInt32BigEndian(pooled, length - 4);
        BinaryPrimitives.WriteUInt32BigEndian(pooled.AsSpan(5), id);
        return SendAsync(new(new(pooled, 0, length), Pooled: true), answer, _patience, cancellationToken);
    }

    /// <summary>Ends every wait with this error; only the first one counts.</summary>
    public void Break(Exception error)
    {
        if (Interlocked.CompareExchange(ref _broken, error, null) is not null)
        {
            return;
        }

        _outgoing.Writer.TryComplete();
        _version.TrySetException(error);
        foreach (var id in _waiting.Keys)
        {
            if (_waiting.TryRemove(id, out var answer))
            {
                answer.TrySetException(error);
            }
        }

        // A version that nobody awaits any more is no unobserved failure.
        _ = _version.Task.Exception;
    }

    public void Dispose()
    {
        Break(new SftpConnectionLostException("the connection was closed."));
        _channel.Dispose();
    }

    private (uint Id, TaskCompletionSource<SftpAnswer> Answer) Expect()
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<SftpAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        if (Volatile.Read(ref _broken) is { } error && _waiting.TryRemove(id, out _))
        {
            answer.TrySetException(error); // it broke before the id could be seen by Break
        }

        return (id, answer);
    }

    private async Task<SftpAnswer> SendAsync(Packet packet, TaskCompletionSource<SftpAnswer> answer, TimeSpan patience, CancellationToken cancellationToken)
    {
        _outgoing.Writer.TryWrite(packet);
        return await PatientlyAsync(answer.Task, patience, cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> PatientlyAsync<T>(Task<T> answer, TimeSpan patience, CancellationToken cancellationToken)
    {
        var asked = Environment.TickCount64;
        while (true)
        {
            try
            {
                return await answer.WaitAsync(patience, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // A server that still answers others is busy, not dead: on a slow line this request waits behind megabytes.
                if (Environment.TickCount64 - Math.Max(asked, Interlocked.Read(ref _lastHeard)) >= patience.TotalMilliseconds)
                {
                    Break(new SftpSilentException(patience));
                }
            }
        }
    }

    // One sender, because a packet must not be torn apart by another, and on the pool, because SSH.NET blocks while the window is full.
    private async Task SendAsync()
    {
        try
        {
            await foreach (var packet in _outgoing.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                _channel.Send(packet.Bytes.Array!, packet.Bytes.Offset, packet.Bytes.Count);
                if (packet.Pooled)
                {
                    ArrayPool<byte>.Shared.Return(packet.Bytes.Array!);
                }
            }
        }
        catch (Exception e)
        {
            // Whatever stops the sender, nobody may go on waiting for an answer.
            Break(e is SftpConnectionLostException ? e : new SftpConnectionLostException(e.Message, e));
        }
    }

    private void OnReceived(ArraySegment<byte> bytes)
    {
        Interlocked.Exchange(ref _lastHeard, Environment.TickCount64);
        if (_incoming.Length < _received + bytes.Count)
        {
            Array.Resize(ref _incoming, Math.Max(_incoming.Length * 2, _received + bytes.Count));
        }

        bytes.AsSpan().CopyTo(_incoming.AsSpan(_received));
        _received += bytes.Count;
        var start = 0;
        while (_received - start >= 5)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(_incoming.AsSpan(start));
            if (length is < 5 or > LargestAnswer)
            {
                Break(new SftpConnectionLostException("what it sends is not SFTP; a login script that prints something does that, too."));
                return;
            }

            if (_received - start - 4 < length)
            {
                break;
            }

            Deliver((SftpPacketType)_incoming[start + 4], _incoming.AsSpan(start + 5, length - 1));
            start += 4 + length;
        }

        _incoming.AsSpan(start, _received - start).CopyTo(_incoming);
        _received -= start;
    }

    private void Deliver(SftpPacketType type, ReadOnlySpan<byte> body)
    {
        if (type == SftpPacketType.Version)
        {
            _version.TrySetResult(body.ToArray());
        }
        else if (_waiting.TryRemove(BinaryPrimitives.ReadUInt32BigEndian(body), out var answer))
        {
            answer.TrySetResult(SftpAnswer.Copy(type, body[4..]));
        }
    }

    private readonly record struct Packet(ArraySegment<byte> Bytes, bool Pooled);
}

/// <summary>One answer; disposing it gives its memory back.</summary>
internal sealed class SftpAnswer : IDisposable
{
    private byte[]? _pooled;

    private SftpAnswer(SftpPacketType type, byte[] pooled, int length) => (Type, _pooled, Length) = (type, pooled, length);

    public SftpPacketType Type { get; }

    public ReadOnlySpan<byte> Body => _pooled.AsSpan(0, Length);

    private int Length { get; }

    public static SftpAnswer Copy(SftpPacketType type, ReadOnlySpan<byte> body)
    {
        var pooled = ArrayPool<byte>.Shared.Rent(Math.Max(1, body.Length));
        body.CopyTo(pooled);
        return new(type, pooled, body.Length);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _pooled, null) is { } pooled)
        {
            ArrayPool<byte>.Shared.Return(pooled);
        }
    }
}
