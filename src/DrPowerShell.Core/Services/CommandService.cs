using System.Security.Cryptography;
using System.Text;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Services.Errors;

namespace DrPowerShell.Core.Services;

/// <summary>A service that the estate's own commands start and stop. Without a status command its ports and its process alone are measured.</summary>
internal sealed class CommandService(ServiceOptions options, IHost host) : PolledService(options, host)
{
    // What carries the mark is the stop command and all that it has started; what it stops was started by somebody else.
    private const string Mark = "DRPOWERSHELL_STOP";

    // All are frozen before any is ended: a script whose waiting child dies goes on to its next line.
    private const string EndMarked = """
        marked() { grep -lzxF -- "$1" /proc/[0-9]*/environ 2>/dev/null | sed 's,/proc/,,; s,/environ,,'; }
        n=0 frozen=
        while p=$(marked "$1") && [ "$p" != "$frozen" ] && [ $n -lt 20 ]; do
          kill -STOP $p 2>/dev/null
          frozen=$p
          n=$((n + 1))
        done
        [ -n "$frozen" ] || exit 0
        n=0
        while p=$(marked "$1") && [ -n "$p" ] && [ $n -lt 100 ]; do
          kill -KILL $p 2>/dev/null
          n=$((n + 1))
        done
        [ -z "$p" ]
        """;

    private const int Unknown = 4;
    private const int NotRunnable = 126;

    /// <summary>How long a start or a stop may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a status may take.</summary>
    public TimeSpan StatusPatience { get; init; } = TimeSpan.FromSeconds(30);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // What is on its way up is not started twice.
        var isDown = Options.StatusCommand is null ? await IsDownAsync(cancellationToken).ConfigureAwait(false) : !(await AskAsync(cancellationToken).ConfigureAwait(false)).IsUp;
        if (isDown)
        {
            await DoAsync(Options.StartCommand, "start", "started", cancellationToken).ConfigureAwait(false);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // A status that says down of something whose ports are open is no reason to leave it running.
        if (!await IsDownAsync(cancellationToken).ConfigureAwait(false))
        {
            await DoAsync(Options.StopCommand, "stop", "stopped", cancellationToken, Marked).ConfigureAwait(false);
        }
    }

    public override async Task EndStopAsync(CancellationToken cancellationToken)
    {
        var result = await Host.RunAsync(HostCommand.Of("/bin/sh", "-c", EndMarked, "drpowershell", Marked), cancellationToken).ConfigureAwait(false);
        if (!result.Succeeded)
        {
            throw new ServiceCommandFailedException(Options, "stopped anew", $"the stop command '{Options.StopCommand}' of a process that died still runs, and cannot be ended", Advice);
        }
    }

    protected override string Advice => "Run the command on the host and look at what it says; the service's own log tells more.";

    protected override async Task<ManagerAnswer> AskAsync(CancellationToken cancellationToken)
    {
        if (Options.StatusCommand is not { Length: > 0 } line)
        {
            return Options.Ports.Count > 0 || Options.ProcessText is { Length: > 0 }
                ? new ManagerAnswer(IsUp: false, IsChanging: false, [], "no status command") { IsSilent = true }
                : throw new ServiceCommandMissingException(Options, "status", "and neither ports nor a process tell whether it runs.");
        }

        HostCommandResult result;
        try
        {
            result = await Host.RunAsync(HostCommand.Shell(line) with { Timeout = StatusPatience }, cancellationToken).ConfigureAwait(false);
        }
        catch (HostCommandTimedOutException e)
        {
            throw new ServiceCommandFailedException(Options, "asked for its state", $"the status command '{line}' does not end: {e.Message}", Advice, e);
        }

        // "I cannot tell" must not be taken for "it is down": 4 in the Linux Standard Base, 126 and 127 of a shell that cannot run it, a signal.
        return result.ExitCode is Unknown or >= NotRunnable
            ? throw new ServiceCommandFailedException(
                Options, "asked for its state", $"the status command '{line}' ended with {result.Ending}", Advice)
            : new ManagerAnswer(result.Succeeded, IsChanging: false, [], $"status command: {(result.Succeeded ? "up" : $"exit code {result.ExitCode}")}");
    }

    private string Marked => $"{Mark}={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{Options.Host}\n{Options.Name}\n{Options.StopCommand}")))[..16]}";

    private async Task<bool> IsDownAsync(CancellationToken cancellationToken) => (await GetStateAsync(cancellationToken).ConfigureAwait(false)).Activity == ServiceActivity.Down;

    private async Task DoAsync(string? line, string name, string act, CancellationToken cancellationToken, string? variable = null)
    {
        if (line is not { Length: > 0 })
        {
            throw new ServiceCommandMissingException(Options, name, "so it has to be done by hand.");
        }

        HostCommandResult result;
        try
        {
            // A variable that the shell itself exported would not be seen from outside.
            var command = variable is null ? HostCommand.Shell(line) : HostCommand.Of(["env", variable, .. HostCommand.Shell(line).Arguments]);
            result = await Host.RunAsync(command with { Timeout = Patience }, cancellationToken).ConfigureAwait(false);
        }
        catch (HostCommandTimedOutException e)
        {
            throw new ServiceCommandFailedException(Options, act, $"the command '{line}' does not return: {e.Message}", "A command that starts something must leave it in the background (setsid … &) and return.", e);
        }

        if (!result.Succeeded)
        {
            throw new ServiceCommandFailedException(Options, act, $"'{line}' ended with {result.Ending}", Advice);
        }
    }
}
