using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DrPowerShell.Testing.Etcd;

/// <summary>One real etcd process of a test cluster. It is only ever ended by its own pid.</summary>
public sealed class EtcdTestMember : IAsyncDisposable
{
    private const int SigStop = 19;
    private const int SigContinue = 18;
    private const int SigTerminate = 15;

    private readonly string program;
    private readonly IReadOnlyList<string> arguments;
    private Process? process;

    internal EtcdTestMember(PlannedMember plan, string dataDirectory, string logFile, string program, IReadOnlyList<string> arguments)
    {
        (Plan, DataDirectory, LogFile) = (plan, dataDirectory, logFile);
        (this.program, this.arguments) = (program, arguments);
    }

    public PlannedMember Plan { get; }

    public string Name => Plan.Name;

    public Uri ClientUrl => Plan.ClientUrl;

    public Uri PeerUrl => Plan.PeerUrl;

    public string DataDirectory { get; }

    public string LogFile { get; }

    /// <summary>The running process's id; throws when the member does not run.</summary>
    public int ProcessId => IsRunning ? process!.Id : throw new InvalidOperationException($"{Name} does not run.");

    public bool IsRunning => process is { HasExited: false };

    /// <summary>Starts the process and does not wait for it; <see cref="EtcdTestCluster.WaitUntilHealthyAsync"/> does.</summary>
    public void Start()
    {
        if (IsRunning)
        {
            throw new InvalidOperationException($"{Name} runs already.");
        }

        process?.Dispose();
        // exec keeps the pid: the shell is only there for the redirection, which outlives a test process that is killed.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" </dev/null >>\"$log\" 2>&1", "sh", LogFile, program, .. arguments]);
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("ETCD", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        process = Process.Start(start) ?? throw new InvalidOperationException($"Could not start {program}");
    }

    /// <summary>Asks the member to end (SIGTERM) and waits until it has.</summary>
    public async Task StopAsync()
    {
        if (IsRunning)
        {
            Signal(SigContinue);
            Signal(SigTerminate);
            await EndAsync(TimeSpan.FromSeconds(20));
        }
    }

    /// <summary>Ends the member at once (SIGKILL), as a crash would.</summary>
    public Task KillAsync() => EndAsync(TimeSpan.Zero);

    /// <summary>Freezes the member (SIGSTOP): its connections stay open and nothing answers.</summary>
    public void Freeze()
    {
        Signal(SigStop);
        // The signal is only asked for: a thread on another processor goes on for a moment, and may answer yet.
        if (!SpinWait.SpinUntil(() => Directory.GetDirectories($"/proc/{ProcessId}/task").All(IsStopped), TimeSpan.FromSeconds(10)))
        {
            throw new InvalidOperationException($"{Name} did not stop.");
        }
    }

    /// <summary>Lets a frozen member go on.</summary>
    public void Thaw() => Signal(SigContinue);

    /// <summary>The last lines that the member has logged.</summary>
    public string LogTail(int lines = 25) =>
        File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(lines)) : "(no log)";

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process?.Dispose();
    }

    private static bool IsStopped(string thread)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(thread, "stat"));
            // The name before the state is in brackets, and may hold anything.
            return stat[stat.LastIndexOf(')') + 2] == 'T';
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return true; // it has ended since it was listed
        }
    }

    private async Task EndAsync(TimeSpan patience)
    {
        if (process is null)
        {
            return;
        }

        using var limit = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private void Signal(int signal)
    {
        if (Kill(ProcessId, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} did not reach {Name}: errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);
}
