using System.Buffers;
using System.Text;
using DrPowerShell.Core.Hosts;
using Renci.SshNet;

namespace DrPowerShell.Providers.Ssh;

/// <summary>One command under way. SSH.NET blocks in much of what it does, so that is done on other threads and never waited for without a way out.</summary>
internal sealed class SshRun(SshClient client, string line) : IDisposable
{
    private const int LargestText = 1 << 20;
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    // What a command left running in the background may still hold its output open.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly SshCommand _command = client.CreateCommand(line);
    private readonly TaskCompletionSource<SshSession?> _session = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _read;
    private volatile bool _isOver;

    /// <summary>Why the output that was given could not take more; null where that is not what went wrong.</summary>
    public Exception? OutputError { get; private set; }

    /// <summary>The session of the command; null where none began.</summary>
    public Task<SshSession?> Session => _session.Task;

    /// <summary>What a login shell printed in place of running the command; null where it ran.</summary>
    public string? Refusal { get; private set; }

    public async Task<HostCommandResult> ExecuteAsync(Stream? input, Stream? output, CancellationToken cancellationToken)
    {
        var begun = Threads.Run(() => (Run: _command.ExecuteAsync(CancellationToken.None), Input: InputOf(_command)));
        Observe(begun);
        var (text, error) = (new Text(), new Text());
        // Of a command that is cancelled while it is being sent the session is wanted all the same: it may begin there after this.
        var errors = AfterAsync(begun, () => Pump(_command.ExtendedOutputStream, error.Add, new SshMark(), isError: true));
        Observe(errors);
        var (run, there) = await begun.WaitAsync(cancellationToken).ConfigureAwait(false);
        Observe(run);
        var reading = Threads.Run(() => Pump(_command.OutputStream, bytes => Take(bytes, output, text), new SshMark()));
        var feeding = Threads.Run(() => Feed(input, there));
        await HostTasks.AllAsync(
            Task.WhenAny(feeding, run).WaitAsync(cancellationToken), EndAsync(run, output is not null, cancellationToken), output is null ? Task.CompletedTask : reading.WaitAsync(cancellationToken))
            .ConfigureAwait(false);
        if (run.IsCompleted)
        {
            await HostTasks.AllAsync(reading.WaitAsync(cancellationToken), errors.WaitAsync(cancellationToken)).ConfigureAwait(false);
        }

        return new HostCommandResult(ExitCode(_command), text.ToString(), error.ToString());
    }

    public void Dispose()
    {
        _isOver = true;
        // Closing a channel waits for the other side.
        Observe(Threads.Run(_command.Dispose));
    }

    // sshd tells the exit code at once, and closes the channel when the last process that holds it open has ended.
    private async Task EndAsync(Task run, bool isCopied, CancellationToken cancellationToken)
    {
        while (!run.IsCompleted && (isCopied || (_command.ExitStatus is null && _command.ExitSignal is null)))
        {
            await Task.WhenAny(run, Task.Delay(Glance, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        for (var before = -1L; !run.IsCompleted && Interlocked.Read(ref _read) is var now && now != before; before = now)
        {
            await Task.WhenAny(run, Task.Delay(LastWords, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (run.IsCompleted)
        {
            await run.ConfigureAwait(false);
        }
    }

    private async Task AfterAsync(Task begun, Action pump)
    {
        try
        {
            await begun.ConfigureAwait(false);
            await Threads.Run(pump).ConfigureAwait(false);
        }
        finally
        {
            _session.TrySetResult(null);
        }
    }

    private void Pump(Stream source, SpanAction take, SshMark mark, bool isError = false)
    {
        var buffer = new byte[64 << 10];
        for (int read; (read = source.Read(buffer, 0, buffer.Length)) > 0 && !_isOver;)
        {
            Interlocked.Add(ref _read, read);
            take(mark.Pass(buffer.AsSpan(0, read)));
            if (isError && mark.Session is { } session)
            {
                _session.TrySetResult(session);
            }
        }

        if (mark.Session is null && !_isOver)
        {
            Refusal = isError && mark.Head.Length == 0 ? Refusal : mark.Head;
            _session.TrySetResult(null);
        }
    }

    private void Take(ReadOnlySpan<byte> bytes, Stream? output, Text text)
    {
        if (output is null)
        {
            text.Add(bytes);
            return;
        }

        try
        {
            output.Write(bytes);
        }
        catch (Exception e)
        {
            OutputError = e;
            throw;
        }
    }

    private void Feed(Stream? input, Stream there)
    {
        try
        {
            var buffer = new byte[256 << 10];
            for (int read; input is not null && !_isOver && (read = input.Read(buffer, 0, buffer.Length)) > 0;)
            {
                there.Write(buffer, 0, read);
            }
        }
        catch (Exception e) when (e is IOException || SshLink.IsBroken(e))
        {
            // It ended before it had read everything, and its exit code tells why; or the connection broke, and the command's own end tells that.
        }
        finally
        {
            Quietly(there.Dispose);
        }
    }

    private static Stream InputOf(SshCommand command)
    {
        try
        {
            return command.CreateInputStream();
        }
        catch (InvalidOperationException)
        {
            return Stream.Null; // it has ended already
        }
    }

    // As a shell counts: a signal is 128 and its number.
    private static int ExitCode(SshCommand command) => command.ExitStatus ?? command.ExitSignal switch
    {
        "HUP" => 129,
        "INT" => 130,
        "QUIT" => 131,
        "ABRT" => 134,
        "KILL" => 137,
        "SEGV" => 139,
        "PIPE" => 141,
        "TERM" => 143,
        _ => 255,
    };

    private static void Quietly(Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is IOException || SshLink.IsBroken(e))
        {
            // It was broken already.
        }
    }

    private static void Observe(Task task) =>
        _ = task.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private delegate void SpanAction(ReadOnlySpan<byte> bytes);

    /// <summary>The beginning of a stream, as text.</summary>
    private sealed class Text
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();

        public void Add(ReadOnlySpan<byte> bytes)
        {
            lock (_bytes)
            {
                _bytes.Write(bytes[..Math.Min(bytes.Length, LargestText - _bytes.WrittenCount)]);
            }
        }

        public override string ToString()
        {
            lock (_bytes)
            {
                return Encoding.UTF8.GetString(_bytes.WrittenSpan);
            }
        }
    }
}
