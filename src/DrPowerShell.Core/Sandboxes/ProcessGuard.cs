using System.Diagnostics;

namespace DrPowerShell.Core.Sandboxes;

/// <summary>A child process that does not outlive this one, however this one ends: at the end of its input it ends and tidies up.</summary>
/// <remarks>
/// On Unix each child is a small <c>/bin/sh</c> script that reads a pipe whose other end only this process holds: the kernel closes it even on
/// SIGKILL. It runs in a session of its own, so that Ctrl+C at the terminal reaches the shell and not the sandbox. On Windows the child is in
/// a job object that ends its processes with its last handle.
/// </remarks>
internal sealed class ProcessGuard : IAsyncDisposable
{
    // $1 is the folder. Removal is tried for ten seconds: a member that is being killed may still write into it.
    private const string FolderScript = """
        exec >/dev/null 2>&1
        trap '' INT HUP QUIT
        while read -r _; do :; done
        tries=0
        while [ -e "$1" ] && [ "$tries" -lt 100 ]; do
          rm -rf -- "$1"
          tries=$((tries + 1))
          [ -e "$1" ] && sleep 0.1
        done
        """;

    // $1 is the log, $2 the file for etcd's pid, the rest etcd and its arguments. The inner reader tells this script of the end of the pipe, and
    // only this script, etcd's parent, kills etcd: its pid cannot have been given to anybody else before it was waited for.
    private const string EtcdScript = """
        exec 3<&0 >/dev/null 2>&1
        log=$1 pidfile=$2
        shift 2
        trap 'kill -9 "$etcd"' TERM
        trap '' INT HUP QUIT
        "$@" </dev/null >>"$log" 2>&1 3<&- &
        etcd=$!
        echo "$etcd" >"$pidfile"
        ( trap - TERM; while read -r _; do :; done; kill -TERM $$ ) <&3 3<&- &
        reader=$!
        exec 3<&- </dev/null
        wait "$etcd"; code=$?
        while kill -0 "$etcd"; do wait "$etcd"; code=$?; done
        kill -9 "$reader"
        exit "$code"
        """;

    // A new session where the system has a way to make one; macOS has no setsid program, but perl.
    private const string Launch = """
        if command -v setsid >/dev/null 2>&1; then exec setsid /bin/sh -c "$@"; fi
        if command -v perl >/dev/null 2>&1; then exec perl -MPOSIX -e 'POSIX::setsid(); exec @ARGV' /bin/sh -c "$@"; fi
        exec /bin/sh -c "$@"
        """;

    private readonly Process? _process;
    private readonly WindowsJob? _job;
    private int _released;

    private ProcessGuard(Process? process, WindowsJob? job)
    {
        _process = process;
        _job = job;
    }

    /// <summary>Whether the child has ended.</summary>
    public bool HasExited => _process?.HasExited ?? true;

    /// <summary>The child's exit code once it has ended: etcd's own, or 137 where it was killed.</summary>
    public int ExitCode => _process?.ExitCode ?? 0;

    /// <summary>Removes a folder, which need not exist yet, when this process is gone or the guard is disposed of.</summary>
    public static ProcessGuard ForFolder(string folder) =>
        OperatingSystem.IsWindows() ? new(null, null) : new(Start("/bin/sh", ["-c", Launch, "sh", FolderScript, "sh", folder]), null);

    /// <summary>Starts etcd, which is killed when this process is gone or the guard is disposed of.</summary>
    public static ProcessGuard ForEtcd(string etcdPath, IEnumerable<string> arguments, string logPath, string pidPath)
    {
        if (!OperatingSystem.IsWindows())
        {
            return new(Start("/bin/sh", ["-c", Launch, "sh", EtcdScript, "sh", logPath, pidPath, etcdPath, .. arguments]), null);
        }

        var job = new WindowsJob();
        try
        {
            var process = Start(etcdPath, [.. arguments, "--log-outputs", logPath]);
            job.Add(process);
            File.WriteAllText(pidPath, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            return new(process, job);
        }
        catch
        {
            job.Dispose();
            throw;
        }
    }

    /// <summary>Completes when the child has ended.</summary>
    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process?.WaitForExitAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Lets the child end, without waiting for it.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            _process?.StandardInput.Close();
            _job?.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        if (_process is not null)
        {
            await _process.WaitForExitAsync().ConfigureAwait(false);
            _process.Dispose();
        }
    }

    private static Process Start(string program, IEnumerable<string> arguments)
    {
        // All three are redirected: .NET would otherwise hand the terminal's settings to the child for as long as it lives.
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        SandboxEnvironment.Clean(start.Environment);
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
