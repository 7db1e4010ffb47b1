using System.Globalization;

namespace DrPowerShell.Core.Sandboxes;

/// <summary>A running member of a sandbox.</summary>
public sealed class EtcdSandboxMember
{
    private readonly ProcessGuard _guard;
    private readonly string _pidPath;

    internal EtcdSandboxMember(EtcdSandboxMemberPlan plan, ProcessGuard guard, string logPath, string pidPath)
    {
        Name = plan.Name;
        Endpoint = plan.ClientUrl;
        PeerUrl = plan.PeerUrl;
        DataDirectory = plan.DataDirectory;
        LogPath = logPath;
        _guard = guard;
        _pidPath = pidPath;
    }

    /// <summary>The member's name.</summary>
    public string Name { get; }

    /// <summary>Its client URL.</summary>
    public Uri Endpoint { get; }

    /// <summary>Its peer URL.</summary>
    public Uri PeerUrl { get; }

    /// <summary>Its data directory; it goes when the sandbox stops.</summary>
    public string DataDirectory { get; }

    /// <summary>Its log; it goes when the sandbox stops.</summary>
    public string LogPath { get; }

    /// <summary>Whether its process runs.</summary>
    public bool IsRunning => !_guard.HasExited;

    /// <summary>The id of its etcd process; null when it does not run.</summary>
    public int? ProcessId => IsRunning && File.Exists(_pidPath)
        && int.TryParse(File.ReadAllText(_pidPath), NumberStyles.None | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var id) ? id : null;

    internal ProcessGuard Guard => _guard;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
