using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Runs;

/// <summary>A member whose next start hangs for as long as the test says so.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class HeldStart
{
    private readonly string _held;

    public HeldStart(ServiceCluster cluster, string member)
    {
        _held = cluster[member, "held"];
        var start = cluster[member, "start.sh"];
        File.WriteAllText(start, $"if [ -e '{_held}.please' ]; then rm '{_held}.please'; echo $$ > '{_held}.part'; mv '{_held}.part' '{_held}'; while [ -e '{_held}' ]; do sleep 0.1; done; fi\n{File.ReadAllText(start)}");
    }

    /// <summary>The next start hangs.</summary>
    public void Ask() => File.WriteAllText(_held + ".please", "");

    /// <summary>Waits until a start hangs, by a shell that is at work.</summary>
    public async Task UntilHeldAsync(RestoreShell shell)
    {
        await Eventually.IsTrueAsync(() => File.Exists(_held) || shell.HasExited, "the restore starts a member", TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken);
        Assert.False(shell.HasExited && !File.Exists(_held), await shell.ErrorsAsync());
    }

    /// <summary>The start goes on.</summary>
    public void Release() => File.Delete(_held);

    /// <summary>Ends the start that hangs, as a machine does with what nobody waits for any more.</summary>
    public void End()
    {
        using var hanging = Process.GetProcessById(int.Parse(File.ReadAllText(_held), CultureInfo.InvariantCulture));
        hanging.Kill();
        hanging.WaitForExit();
        File.Delete(_held);
    }
}

/// <summary>A shell of its own, with the built module in it, on this machine or on one that counts as another: with a name, a machine id and a state folder of its own.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class RestoreShell : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    public RestoreShell(string script, string? state = null, string? machine = null)
    {
        string[] words = machine is null
            ? [RepositoryPaths.Drps, "-Command", script]
            : ["unshare", "--uts", "--mount", "/bin/sh", "-ec", "hostname \"$1\"; mount --bind \"$2\" /etc/machine-id; shift 2; exec \"$@\"", "machine", machine, MachineId(state!), RepositoryPaths.Drps, "-Command", script];
        var start = new ProcessStartInfo(words[0], words[1..]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        if (state is not null)
        {
            start.Environment["DRPOWERSHELL_STATE"] = state;
        }

        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        _errors = _process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    public bool HasExited => _process.HasExited;

    public Task<string> ErrorsAsync() => HasExited ? _errors : Task.FromResult("");

    /// <summary>Ends it with SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits for its end and returns what it wrote.</summary>
    public async Task<string> WaitAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(3));
        await _process.WaitForExitAsync(limit.Token);
        return await _output + await _errors;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static string MachineId(string state)
    {
        var path = Path.Combine(Directory.CreateDirectory(state).FullName, "machine-id");
        File.WriteAllText(path, Guid.NewGuid().ToString("N") + "\n");
        return path;
    }
}
