using DrPowerShell.Core.Clusters;

namespace DrPowerShell.Core.Sandboxes;

/// <summary>A cluster of real etcd members on this machine's loopback address, for this process alone.</summary>
/// <remarks>Its members and its folder go when it is disposed of, and when this process ends in whatever way.</remarks>
public sealed class EtcdSandbox : IAsyncDisposable
{
    private readonly SandboxFolder _folder;
    private int _stopped;

    internal EtcdSandbox(string name, Version version, SandboxFolder folder, IReadOnlyList<EtcdSandboxMember> members, EtcdConnectionOptions options, DateTimeOffset started)
    {
        Name = name;
        Version = version;
        _folder = folder;
        Members = members;
        ConnectionOptions = options;
        Started = started;
    }

    /// <summary>The sandbox's name, which is its connection's name too.</summary>
    public string Name { get; }

    /// <summary>The version of etcd that runs in it.</summary>
    public Version Version { get; }

    /// <summary>The client URLs of its members.</summary>
    public IReadOnlyList<Uri> Endpoints => ConnectionOptions.Endpoints;

    /// <summary>Its members.</summary>
    public IReadOnlyList<EtcdSandboxMember> Members { get; }

    /// <summary>The folder that holds its data, certificates and logs; only this user may read it.</summary>
    public string Folder => _folder.Path;

    /// <summary>How to connect to it: endpoints, the one-time authority and client certificate.</summary>
    public EtcdConnectionOptions ConnectionOptions { get; }

    /// <summary>The snapshot it was started from; null where it started empty.</summary>
    public string? SnapshotPath { get; init; }

    /// <summary>When it became healthy, UTC.</summary>
    public DateTimeOffset Started { get; }

    /// <summary>Whether it has not been stopped and one member at least runs.</summary>
    public bool IsRunning => Volatile.Read(ref _stopped) == 0 && Members.Any(member => member.IsRunning);

    /// <summary>Ends the members and removes the folder; returns when both are done.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            await Task.WhenAll(Members.Select(member => member.Guard.DisposeAsync().AsTask())).ConfigureAwait(false);
            await _folder.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
