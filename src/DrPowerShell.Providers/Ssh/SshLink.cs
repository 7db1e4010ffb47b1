using System.Net.Sockets;
using DrPowerShell.Providers.Sftp;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace DrPowerShell.Providers.Ssh;

/// <summary>A connection that several commands share, and the watch over the host behind it while any of them runs.</summary>
internal sealed class SshLink(SshConnection connection, TimeSpan timeout) : IDisposable
{
    // sshd allows ten sessions on a connection (MaxSessions), and SSH.NET opens no more: some are kept for the watch and for ending commands.
    private const int MostCommands = 7;

    private readonly SemaphoreSlim _places = new(MostCommands);
    private readonly CancellationTokenSource _gone = new();
    private readonly object _lock = new();
    private CancellationTokenSource? _watch;
    private int _running;

    public SshClient Client => connection.Client;

    public bool IsOpen => !_gone.IsCancellationRequested && Client.IsConnected;

    /// <summary>Ends when the host gives no sign of life for as long as it may be silent.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>How many commands run on it.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Waits until the connection has room for a command; dispose the result when it has ended.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (++_running == 1)
            {
                _watch = new CancellationTokenSource();
                _ = WatchAsync(_watch.Token);
            }
        }

        return new Place(this);
    }

    public void Dispose() => connection.Dispose();

    private void Leave()
    {
        lock (_lock)
        {
            if (--_running == 0)
            {
                _watch!.Cancel();
                _watch.Dispose();
                _watch = null;
            }
        }

        _places.Release();
    }

    // A command may be silent for as long as it likes; the server behind it must answer something else meanwhile.
    private async Task WatchAsync(CancellationToken done)
    {
        try
        {
            while (true)
            {
                await Task.Delay(timeout / 3, done).ConfigureAwait(false);
                await Threads.Run(Probe).WaitAsync(timeout * 2 / 3, done).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // No command runs any more.
        }
        catch (Exception e) when (e is TimeoutException || IsBroken(e))
        {
            await _gone.CancelAsync().ConfigureAwait(false);
        }
    }

    private void Probe()
    {
        try
        {
            // Not a command: the start-up files of a login shell may take longer than a host may be silent.
            SshSubsystem.Touch(Client);
        }
        catch (SshException e) when (IsRefusal(e))
        {
            // The server opens no more sessions: an answer too.
        }
    }

    /// <summary>Whether a server that lives has refused one more session on the connection.</summary>
    public static bool IsRefusal(Exception error) => error.GetType() == typeof(SshException);

    /// <summary>Whether it is what a lost connection shows itself by.</summary>
    public static bool IsBroken(Exception error) => error is SshException or SocketException or ObjectDisposedException or InvalidOperationException or SftpConnectionLostException;

    private sealed class Place(SshLink link) : IDisposable
    {
        public void Dispose() => link.Leave();
    }
}
