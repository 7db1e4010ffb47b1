using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using DrPowerShell.Core.Hosts.Errors;

namespace DrPowerShell.Core.Hosts;

/// <summary>The machine that this process runs on.</summary>
public sealed class LocalHost(HostOptions options) : PosixHost(options)
{
    private const int LargestText = 1 << 20;

    // What a command left running in the background may still hold its output open.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    public override bool IsLocal => true;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override async Task<HostCommandResult> ExecuteAsync(IReadOnlyList<string> arguments, Stream? input, Stream? output, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new HostNotSupportedException(Name, "Windows");
        }

        cancellationToken.ThrowIfCancellationRequested();
        // In a session of its own it gets no Ctrl+C from the terminal, and can be ended with all that it starts.
        using var process = Start(OperatingSystem.IsLinux() ? ["setsid", .. arguments] : arguments);
        try
        {
            using var drained = new CancellationTokenSource();
            var reading = output is null ? TextAsync(process.StandardOutput.BaseStream, drained.Token) : CopyAsync(process.StandardOutput.BaseStream, output, cancellationToken);
            var error = TextAsync(process.StandardError.BaseStream, drained.Token);
            // An output that cannot be taken any more would hold the program up for good: whatever fails first ends it.
            await HostTasks.AllAsync(FeedAsync(process, input, cancellationToken), process.WaitForExitAsync(cancellationToken), output is null ? Task.CompletedTask : reading)
                .ConfigureAwait(false);
            drained.CancelAfter(LastWords);
            return new HostCommandResult(process.ExitCode, await reading.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
        catch
        {
            await EndAsync(process).ConfigureAwait(false);
            throw;
        }
    }

    private Process Start(IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(arguments[0], arguments.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new HostCommandFailedException(Name, arguments[0], new HostCommandResult(127, "", e.Message));
        }
    }

    private static async Task FeedAsync(Process process, Stream? input, CancellationToken cancellationToken)
    {
        try
        {
            if (input is not null)
            {
                await input.CopyToAsync(process.StandardInput.BaseStream, 1 << 20, cancellationToken).ConfigureAwait(false);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read everything; its exit code tells why.
        }
    }

    private static async Task<string> CopyAsync(Stream source, Stream output, CancellationToken cancellationToken)
    {
        await source.CopyToAsync(output, 1 << 20, cancellationToken).ConfigureAwait(false);
        return "";
    }

    private static async Task<string> TextAsync(Stream source, CancellationToken drained)
    {
        var text = new MemoryStream();
        await using var end = text.ConfigureAwait(false);
        var buffer = new byte[16 << 10];
        try
        {
            for (int read; (read = await source.ReadAsync(buffer, drained).ConfigureAwait(false)) > 0;)
            {
                text.Write(buffer.AsSpan(0, (int)Math.Min(read, Math.Max(0, LargestText - text.Length))));
            }
        }
        catch (OperationCanceledException)
        {
            // Somebody that it started holds the stream open.
        }

        return Encoding.UTF8.GetString(text.GetBuffer().AsSpan(0, (int)text.Length));
    }

    // All of it: what a shell started must not go on behind the back of whoever cancelled it. Behind sudo it is root's, and only root ends it.
    private async Task EndAsync(Process process)
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            if (OperatingSystem.IsLinux())
            {
                var end = EndOf(process.Id);
                using var ending = Start(end);
                ending.StandardInput.Close();
                await ending.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            }
            else
            {
                process.Kill(entireProcessTree: true);
            }

            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or OperationCanceledException or HostCommandFailedException)
        {
            // It has ended; or it waits for a disk that does not answer, and not even the kernel ends it.
        }
    }
}
