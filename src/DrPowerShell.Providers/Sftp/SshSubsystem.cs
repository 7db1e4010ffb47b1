using System.Linq.Expressions;
using System.Reflection;
using Renci.SshNet;

namespace DrPowerShell.Providers.Sftp;

/// <summary>The bytes of a subsystem on an SSH connection.</summary>
/// <remarks>
/// SSH.NET opens no subsystem for others, nor a session in which nothing runs, and its own SFTP client knows neither fsync nor a way to its hard links. This class is the only
/// place that reaches behind its public face: Session, CreateChannelSession, Open, SendSubsystemRequest, SendData and DataReceived.
/// A test fails where a newer SSH.NET has renamed one of them.
/// </remarks>
internal sealed class SshSubsystem : IDisposable
{
    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly PropertyInfo Session = typeof(BaseClient).GetProperty("Session", Members)!;
    private static readonly MethodInfo CreateChannel = Session.PropertyType.GetMethod("CreateChannelSession", Members)!;
    private static readonly EventInfo Disconnected = Session.PropertyType.GetEvent("Disconnected", Members)!;
    private static readonly Type SessionChannel = CreateChannel.ReturnType;
    private static readonly Type Channel = SessionChannel.GetInterfaces().First(i => i.Name == "IChannel");
    private static readonly EventInfo DataReceived = Channel.GetEvent("DataReceived")!;
    private static readonly Func<EventArgs, ArraySegment<byte>> DataOf = CompileDataOf();

    private readonly IDisposable _channel;
    private readonly Action<byte[], int, int> _send;
    private readonly Func<bool> _isOpen;
    private readonly Action<ArraySegment<byte>> _received;
    private readonly Action<Exception?> _closed;

    private SshSubsystem(SshClient client, string name, Action<ArraySegment<byte>> received, Action<Exception?> closed)
    {
        (_received, _closed) = (received, closed);
        var session = Session.GetValue(client) ?? throw new SftpConnectionLostException("the connection was closed.");
        var channel = CreateChannel.Invoke(session, null)!;
        _channel = (IDisposable)channel;
        _send = Channel.GetMethod("SendData", [typeof(byte[]), typeof(int), typeof(int)])!.CreateDelegate<Action<byte[], int, int>>(channel);
        _isOpen = Channel.GetProperty("IsOpen")!.GetMethod!.CreateDelegate<Func<bool>>(channel);
        Subscribe(DataReceived, channel, nameof(OnData));
        Subscribe(Channel.GetEvent("Closed")!, channel, nameof(OnClosed));
        Subscribe(Channel.GetEvent("Exception")!, channel, nameof(OnClosed));
        Subscribe(Disconnected, session, nameof(OnClosed));
        client.ErrorOccurred += (_, e) => _closed(e.Exception);
        SessionChannel.GetMethod("Open")!.CreateDelegate<Action>(channel)();
        if (!SessionChannel.GetMethod("SendSubsystemRequest")!.CreateDelegate<Func<string, bool>>(channel)(name))
        {
            _channel.Dispose();
            throw new SubsystemRefusedException(name);
        }
    }

    /// <summary>Opens the subsystem. Both callbacks come from SSH.NET's own thread and must not block.</summary>
    /// <exception cref="SubsystemRefusedException">The server has no such subsystem.</exception>
    public static SshSubsystem Open(SshClient client, string name, Action<ArraySegment<byte>> received, Action<Exception?> closed) =>
        new(client, name, received, closed);

    /// <summary>Opens a session and closes it again, for which a server starts nothing: that it answers is all. Blocks until it does.</summary>
    /// <exception cref="Renci.SshNet.Common.SshException">The server opens no more sessions, or the connection is lost.</exception>
    public static void Touch(SshClient client)
    {
        var session = Session.GetValue(client) ?? throw new SftpConnectionLostException("the connection was closed.");
        using var channel = (IDisposable)CreateChannel.Invoke(session, null)!;
        SessionChannel.GetMethod("Open")!.CreateDelegate<Action>(channel)();
    }

    /// <summary>Sends bytes; blocks while the server's window is full.</summary>
    public void Send(byte[] bytes, int offset, int count)
    {
        // SSH.NET drops what is sent to a closed channel in silence.
        if (!_isOpen())
        {
            throw new SftpConnectionLostException("the server closed the channel.");
        }

        _send(bytes, offset, count);
    }

    public void Dispose() => _channel.Dispose();

    private void Subscribe(EventInfo to, object source, string handler) => to.AddEventHandler(
        source, Delegate.CreateDelegate(to.EventHandlerType!, this, typeof(SshSubsystem).GetMethod(handler, Members)!));

    private void OnData(object? sender, EventArgs e) => _received(DataOf(e));

    private void OnClosed(object? sender, EventArgs e) => _closed((e as Renci.SshNet.Common.ExceptionEventArgs)?.Exception);

    private static Func<EventArgs, ArraySegment<byte>> CompileDataOf()
    {
        var e = Expression.Parameter(typeof(EventArgs));
        var type = DataReceived.EventHandlerType!.GenericTypeArguments[0];
        return Expression.Lambda<Func<EventArgs, ArraySegment<byte>>>(Expression.Property(Expression.Convert(e, type), "Data"), e).Compile();
    }
}

/// <summary>A server has no such subsystem.</summary>
internal sealed class SubsystemRefusedException(string name) : Exception($"it has no {name} subsystem.");
