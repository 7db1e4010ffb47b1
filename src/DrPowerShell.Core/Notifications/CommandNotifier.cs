using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using DrPowerShell.Core.Notifications.Errors;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Notifications;

/// <summary>Runs a program on this machine: the text on its standard input, the JSON in a variable of its environment. No shell reads any of it.</summary>
internal sealed class CommandNotifier(NotifierOptions options) : INotifier
{
    /// <summary>The variable that holds the notice's JSON.</summary>
    public const string Variable = "DRPOWERSHELL_NOTICE";

    // What it left running in the background may hold its output open.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private const int MostWords = 4096;

    public NotifierOptions Options => options;

    public async Task SendAsync(Notice notice, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = Start(notice);
        using var drained = new CancellationTokenSource();
        try
        {
            var error = LastWordsAsync(process.StandardError.BaseStream, drained.Token);
            var output = LastWordsAsync(process.StandardOutput.BaseStream, drained.Token);
            await FeedAsync(process, notice.ToText(), cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            drained.CancelAfter(LastWords);
            var (said, shown) = (await error.ConfigureAwait(false), await output.ConfigureAwait(false));
            if (process.ExitCode != 0)
            {
                throw new NotifierNotReachedException(options.Name, Reason(process.ExitCode, said.Length > 0 ? said : shown));
            }
        }
        catch (OperationCanceledException)
        {
            End(process);
            throw;
        }
        finally
        {
            await drained.CancelAsync().ConfigureAwait(false);
        }
    }

    private Process Start(Notice notice)
    {
        // In a session of its own it gets no Ctrl+C from the terminal: that stops the run, and not the news of it.
        string[] line = OperatingSystem.IsLinux() ? ["setsid", options.Program!, .. options.Arguments] : [options.Program!, .. options.Arguments];
        var start = new ProcessStartInfo(line[0], line.Skip(1))
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            WorkingDirectory = Path.GetPathRoot(options.Program),
        };
        start.Environment[Variable] = notice.ToJson();
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new NotifierNotUsableException(options.Name, NoticeReason.Line(e.Message), e);
        }
    }

    private static async Task FeedAsync(Process process, string text, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(text.AsMemory(), cancellationToken).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended, or does not read; its exit code tells whether that is well.
        }
    }

    private static async Task<string> LastWordsAsync(Stream stream, CancellationToken cancellationToken)
    {
        var (words, buffer) = (new List<byte>(), new byte[MostWords]);
        try
        {
            for (int read; (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                words.AddRange(buffer.AsSpan(0, read));
                words.RemoveRange(0, Math.Max(0, words.Count - MostWords));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Nobody waits for the rest.
        }

        return Encoding.UTF8.GetString([.. words]).Trim();
    }

    private static string Reason(int exitCode, string said) => said.Length == 0
        ? string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}.")
        : string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}: {NoticeReason.Line(said.Split('\n')[^1])}");

    private static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended by itself.
        }
    }
}
