using System.Globalization;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Services.Errors;

namespace DrPowerShell.Core.Services;

/// <summary>The part of a service that is the same for all managers: processes and ports are measured, and polled.</summary>
internal abstract class PolledService(ServiceOptions options, IHost host) : IService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    public string Name => Options.Name;

    public IHost Host { get; } = host;

    public ServiceOptions Options { get; } = options;

    public async Task<ServiceState> GetStateAsync(CancellationToken cancellationToken) => (await MeasureAsync(cancellationToken).ConfigureAwait(false)).State;

    public abstract Task StartAsync(CancellationToken cancellationToken);

    public abstract Task StopAsync(CancellationToken cancellationToken);

    /// <remarks>A manager that is told to stop something does so whether the one who told it lives or not, and is told otherwise by the next.</remarks>
    public virtual Task EndStopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<ServiceState> WaitUntilDownAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var (state, waited) = await PollAsync(ServiceActivity.Down, patience, cancellationToken).ConfigureAwait(false);
        return state.Activity == ServiceActivity.Down
            ? state
            : throw new ServiceNotDownException(Options, state, waited, await HoldersAsync(state, cancellationToken).ConfigureAwait(false));
    }

    public async Task<ServiceState> WaitUntilUpAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var (state, waited) = await PollAsync(ServiceActivity.Up, patience, cancellationToken).ConfigureAwait(false);
        return state.Activity == ServiceActivity.Up
            ? state
            : throw new ServiceNotUpException(Options, state, waited, await LastWordsAsync(cancellationToken).ConfigureAwait(false), Advice);
    }

    /// <summary>Asks the manager.</summary>
    protected abstract Task<ManagerAnswer> AskAsync(CancellationToken cancellationToken);

    /// <summary>Where a person looks who wants to know more.</summary>
    protected abstract string Advice { get; }

    /// <summary>The end of its log, where the manager keeps one; one line.</summary>
    protected virtual Task<string?> LastWordsAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>Whether a process is this service's, where the options tell no text and the manager only guesses.</summary>
    protected virtual bool IsIts(HostProcess process) => false;

    private async Task<(ServiceState State, bool HasGivenUp)> MeasureAsync(CancellationToken cancellationToken)
    {
        var manager = await AskAsync(cancellationToken).ConfigureAwait(false);
        var pids = new List<int>(manager.ProcessIds);
        var looks = Options.ProcessText is { Length: > 0 } || manager.IsGuess;
        if (looks)
        {
            var processes = await Host.GetProcessesAsync(cancellationToken).ConfigureAwait(false);
            pids.AddRange(processes.Where(Options.ProcessText is { Length: > 0 } text ? process => HasText(process, text) : IsIts).Select(process => process.Id).Except(pids));
        }

        var open = Options.Ports.Count == 0 ? [] : Options.Ports.Intersect(await Host.GetListeningPortsAsync(cancellationToken).ConfigureAwait(false)).ToList();
        var isDown = !manager.IsUp && !manager.IsChanging && pids.Count == 0 && open.Count == 0;
        var needsProcess = Options.ProcessText is { Length: > 0 } || (manager.IsGuess && Options.Ports.Count == 0);
        var isUp = (manager.IsUp || manager.IsSilent) && !manager.IsChanging && (!needsProcess || pids.Count > 0) && open.Count == Options.Ports.Count;
        var activity = isDown ? ServiceActivity.Down : isUp ? ServiceActivity.Up : ServiceActivity.Between;
        var isWanted = manager.IsUp || manager.IsChanging || (manager.IsSilent && !isDown);
        return (new ServiceState(activity, pids, open, Evidence(manager.Text, looks, pids, open)) { IsWanted = isWanted }, manager.HasGivenUp);
    }

    private async Task<(ServiceState State, TimeSpan Waited)> PollAsync(ServiceActivity wanted, TimeSpan patience, CancellationToken cancellationToken)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        for (var pause = FirstPause; ; pause = pause + pause < LongestPause ? pause + pause : LongestPause)
        {
            var (state, hasGivenUp) = await MeasureAsync(cancellationToken).ConfigureAwait(false);
            if (state.Activity == wanted || clock.Elapsed + pause > patience || (wanted == ServiceActivity.Up && hasGivenUp))
            {
                return (state, clock.Elapsed);
            }

            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }

    // Who it is that has not gone: asked only now, because it takes a look at every process.
    private async Task<IReadOnlyList<string>> HoldersAsync(ServiceState state, CancellationToken cancellationToken)
    {
        var pids = state.ProcessIds.ToList();
        if (state.OpenPorts.Count > 0)
        {
            var command = new HostCommand { Arguments = ["/bin/sh", "-c", PortHolders.Script, "drpowershell", .. state.OpenPorts.Select(port => port.ToString("X4", CultureInfo.InvariantCulture))] };
            pids.AddRange(PortHolders.Read((await Host.RunAsync(command, cancellationToken).ConfigureAwait(false)).Output).Except(pids));
        }

        var processes = await Host.GetProcessesAsync(cancellationToken).ConfigureAwait(false);
        return [.. from process in processes where pids.Contains(process.Id) select Shortened(process.ToString())];
    }

    // Our own commands on the host, and what they start, name the text as well when they look at a member's files.
    private static bool HasText(HostProcess process, string text) =>
        string.Join(' ', process.Arguments).Contains(text, StringComparison.Ordinal) && !process.Arguments.Contains("drpowershell", StringComparer.Ordinal) && !PortHolders.IsTool(process);

    private string Evidence(string manager, bool looks, List<int> pids, List<int> open)
    {
        var process = pids.Count > 0 ? $"; process {string.Join(", ", pids.Select(Text))}" : looks ? "; no process" : "";
        var closed = Options.Ports.Except(open).ToList();
        var ports = (open.Count == 0 ? "" : $"; open: {string.Join(", ", open.Select(Text))}") + (closed.Count == 0 ? "" : $"; closed: {string.Join(", ", closed.Select(Text))}");
        return manager + process + ports;
    }

    private static string Shortened(string text) => text.Length > 200 ? text[..200] + "…" : text;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What a manager says of a service.</summary>
/// <param name="IsUp">It runs.</param>
/// <param name="IsChanging">It is being started, stopped or restarted.</param>
/// <param name="ProcessIds">Its processes, as far as the manager knows them.</param>
/// <param name="Text">In a few words.</param>
internal sealed record ManagerAnswer(bool IsUp, bool IsChanging, IReadOnlyList<int> ProcessIds, string Text)
{
    /// <summary>It failed, and nobody starts it again.</summary>
    public bool HasGivenUp { get; init; }

    /// <summary>It tells what was asked for, and not what runs: a process that looks like it counts too.</summary>
    public bool IsGuess { get; init; }

    /// <summary>There is no manager to ask: processes and ports alone tell.</summary>
    public bool IsSilent { get; init; }
}
