using System.Globalization;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Services.Errors;

namespace DrPowerShell.Core.Services;

/// <summary>A unit of systemd.</summary>
internal sealed class SystemdService(ServiceOptions options, IHost host) : PolledService(options, host)
{
    // A unit that is inactive may have left processes in its group (KillMode=process), and systemd names none of them.
    private const string Group = """
        for f in $(grep -lF -- "/$1" /proc/[0-9]*/cgroup 2>/dev/null); do
          if grep -qE "/$2(/|\$)" "$f" 2>/dev/null; then p=${f#/proc/}; echo "${p%/cgroup}"; fi
        done
        exit 0
        """;

    private readonly string _unit = SystemdUnit.NameOf(options.Name);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // A unit that failed too often is not started again before its counter is reset; a Type=notify etcd is not ready before the others are.
        await Host.RunAsync(HostCommand.Of("systemctl", "reset-failed", "--", _unit), cancellationToken).ConfigureAwait(false);
        await DoAsync("started", cancellationToken, "start", "--no-block", "--", _unit).ConfigureAwait(false);
    }

    // Stopping may take as long as the unit's TimeoutStopSec: whoever waits until it is down sees what holds it up.
    public override Task StopAsync(CancellationToken cancellationToken) => DoAsync("stopped", cancellationToken, "stop", "--no-block", "--", _unit);

    protected override string Advice => $"Look at its log on the host: journalctl -u {_unit}; systemctl status {_unit}.";

    protected override async Task<ManagerAnswer> AskAsync(CancellationToken cancellationToken)
    {
        var result = await Host.RunAsync(HostCommand.Of("systemctl", "show", "-p", "LoadState,ActiveState,SubState,Result,MainPID,Job", "--", _unit), cancellationToken).ConfigureAwait(false);
        if (!result.Succeeded)
        {
            throw new ServiceCommandFailedException(Options, "asked for its state", result.Reason, Advice);
        }

        var values = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        string Value(string name) => values.GetValueOrDefault(name, "");
        if (Value("LoadState") is "not-found")
        {
            throw new ServiceNotFoundException(Options, "systemd knows no such unit.");
        }

        var (active, sub, ended) = (Value("ActiveState"), Value("SubState"), Value("Result"));
        var pids = new List<int>();
        if (int.TryParse(Value("MainPID"), NumberStyles.None, CultureInfo.InvariantCulture, out var main) && main > 0)
        {
            pids.Add(main);
        }

        pids.AddRange((await GroupAsync(cancellationToken).ConfigureAwait(false)).Except(pids));
        var text = $"systemd: {active} ({sub}{(ended is "" or "success" ? "" : ", " + ended)}){(Value("LoadState") is "masked" ? ", masked" : "")}";
        return new ManagerAnswer(active is "active", active is "activating" or "deactivating" or "reloading", pids, text) { HasGivenUp = active is "failed" && Value("Job") is "" or "0" };
    }

    protected override async Task<string?> LastWordsAsync(CancellationToken cancellationToken)
    {
        // What the service itself said last: systemd's own lines about its end come after that, and tell less.
        foreach (var filter in new[] { new[] { "_SYSTEMD_UNIT=" + _unit }, ["-u", _unit] })
        {
            var result = await Host.RunAsync(HostCommand.Of(["journalctl", "-q", "-b", "-n", "3", "--no-pager", "-o", "cat", .. filter]), cancellationToken).ConfigureAwait(false);
            if (result.Succeeded && result.Output.Trim() is { Length: > 0 } text)
            {
                return text.ReplaceLineEndings(" | ");
            }
        }

        return null;
    }

    private async Task<IEnumerable<int>> GroupAsync(CancellationToken cancellationToken)
    {
        var pattern = string.Concat(_unit.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '@' or ':' ? c.ToString() : "\\" + c));
        var command = new HostCommand { Arguments = ["/bin/sh", "-c", Group, "drpowershell", _unit, pattern] };
        var result = await Host.RunAsync(command, cancellationToken).ConfigureAwait(false);
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(line, CultureInfo.InvariantCulture));
    }

    private async Task DoAsync(string act, CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await Host.RunAsync(HostCommand.Of(["systemctl", .. arguments]), cancellationToken).ConfigureAwait(false);
        if (!result.Succeeded)
        {
            throw result.Error.Contains("not found", StringComparison.Ordinal) || result.Error.Contains("not loaded", StringComparison.Ordinal)
                    ? new ServiceNotFoundException(Options, result.Reason + ".")
                : result.Error.Contains("is masked", StringComparison.Ordinal) ? new ServiceMaskedException(Options, _unit)
                : new ServiceCommandFailedException(Options, act, result.Reason, Advice);
        }
    }
}
