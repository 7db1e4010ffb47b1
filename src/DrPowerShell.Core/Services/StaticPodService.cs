using System.Globalization;
using System.Text;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Restores.Configuration;
using DrPowerShell.Core.Services.Errors;

namespace DrPowerShell.Core.Services;

/// <summary>A static pod of the kubelet: it runs for as long as its manifest lies in the kubelet's folder.</summary>
/// <remarks>
/// The manifest is moved to a folder beside that one: the kubelet reads every file of its folder whose name does not begin with a dot, whatever
/// its ending (kubernetes pkg/kubelet/config/file.go), and its own clean-up never looks beside it.
/// </remarks>
internal sealed class StaticPodService(ServiceOptions options, IHost host) : PolledService(options, host)
{
    private const int NoProgram = 127;

    /// <summary>The folder beside the kubelet's that manifests of stopped pods lie in.</summary>
    public const string StoppedFolder = "drpowershell-stopped";

    /// <summary>Where the manifest lies while the pod runs.</summary>
    public static string ManifestOf(ServiceOptions options) => options.Manifest ?? $"/etc/kubernetes/manifests/{options.Name}.yaml";

    /// <summary>Where it lies while the pod is stopped.</summary>
    public static string StoppedManifestOf(ServiceOptions options)
    {
        var path = ManifestOf(options);
        var folder = path[..path.LastIndexOf('/')];
        return $"{folder[..folder.LastIndexOf('/')]}/{StoppedFolder}{path[path.LastIndexOf('/')..]}";
    }

    // As last looked at, where the processes have to tell.
    private string _text = "";

    private string Manifest => ManifestOf(Options);

    private string Stopped => StoppedManifestOf(Options);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await Host.FindAsync(Manifest, cancellationToken).ConfigureAwait(false) is not null)
        {
            return;
        }

        if (await Host.FindAsync(Stopped, cancellationToken).ConfigureAwait(false) is null)
        {
            throw new ServiceNotFoundException(Options, $"neither {Manifest} nor {Stopped} is there.");
        }

        await Host.MoveAsync(Stopped, Manifest, cancellationToken).ConfigureAwait(false);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        if (await Host.FindAsync(Manifest, cancellationToken).ConfigureAwait(false) is null)
        {
            return;
        }

        await Host.CreateDirectoryAsync(Stopped[..Stopped.LastIndexOf('/')], null, cancellationToken).ConfigureAwait(false);
        await Host.MoveAsync(Manifest, Stopped, cancellationToken).ConfigureAwait(false);
    }

    protected override async Task<ManagerAnswer> AskAsync(CancellationToken cancellationToken)
    {
        var there = await Host.FindAsync(Manifest, cancellationToken).ConfigureAwait(false) is not null;
        if (!there && await Host.FindAsync(Stopped, cancellationToken).ConfigureAwait(false) is null)
        {
            throw new ServiceNotFoundException(Options, $"neither {Manifest} nor {Stopped} is there.");
        }

        // The kubelet goes on for a moment after the manifest is gone: the container is what counts.
        var running = await Host.RunAsync(HostCommand.Of("crictl", "ps", "-q", "--name", $"^{Name}$"), cancellationToken).ConfigureAwait(false);
        var knows = running.Succeeded;
        var has = knows && running.Output.Trim().Length > 0;
        _text = knows ? "" : Encoding.UTF8.GetString(await Host.ReadAsync(there ? Manifest : Stopped, cancellationToken).ConfigureAwait(false));
        var container = knows ? has ? "container runs" : "no container" : running.ExitCode == NoProgram ? "no crictl on the host" : $"crictl: {running.Reason}";
        return new ManagerAnswer(there && (!knows || has), IsChanging: knows && there != has, [], $"manifest {(there ? "in place" : "moved out")}; {container}") { IsGuess = !knows };
    }

    // Without a runtime that tells of containers the process is what is left to look for: that of a static pod is named as its container.
    protected override bool IsIts(HostProcess process) =>
        process.Arguments is [var program, ..] && program[(program.LastIndexOf('/') + 1)..] == Name && !IsAnothers(process.Arguments);

    // One machine may run several of a name, such as a second etcd for events: what says that it listens, and on none of the pod's ports, is another's,
    // and so is what has a configuration that the manifest does not name.
    private bool IsAnothers(IReadOnlyList<string> words)
    {
        var flags = FlagWords.Read(words, 1).ToList();
        var ports = flags.Where(flag => flag.Name is "listen-client-urls" or "listen-peer-urls" or "secure-port").SelectMany(flag => flag.Value.Split(',')).Select(Port).ToList();
        return (Options.Ports.Count > 0 && ports.Count > 0 && ports.TrueForAll(port => port is { } known && !Options.Ports.Contains(known)))
            || flags.Exists(flag => flag.Name == EtcdSettings.ConfigFile && !_text.Contains(flag.Value, StringComparison.Ordinal));
    }

    private static int? Port(string text) =>
        int.TryParse(text[(text.LastIndexOf(':') + 1)..].TrimEnd('/'), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;

    protected override string Advice => $"Look at the kubelet's log on the host (journalctl -u kubelet) and the container's (crictl ps -a --name {Name}; crictl logs).";

    protected override async Task<string?> LastWordsAsync(CancellationToken cancellationToken)
    {
        var command = new HostCommand { Arguments = ["/bin/sh", "-c", "id=$(crictl ps -aq --name \"^$1\\$\" | head -n 1) && [ -n \"$id\" ] && crictl logs --tail 3 \"$id\" 2>&1", "drpowershell", Name] };
        var result = await Host.RunAsync(command, cancellationToken).ConfigureAwait(false);
        return result.Succeeded && result.Output.Trim() is { Length: > 0 } text ? text.ReplaceLineEndings(" | ") : null;
    }
}
