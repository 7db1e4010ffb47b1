using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Core.Restores.Impact;

/// <summary>What a snapshot is compared with: the state that its restore replaces.</summary>
public abstract record PresentState
{
    private PresentState()
    {
    }

    /// <summary>A running cluster; one without a quorum is read from the member that has the most.</summary>
    public static PresentState Of(IEtcdCluster cluster) => new Live(cluster);

    /// <summary>Data directories of stopped members, as folders of this machine; the one that reaches furthest is read.</summary>
    public static PresentState Of(IReadOnlyList<string> dataDirectories) => new Stopped(dataDirectories);

    /// <summary>Nothing but the newest manifest of the cluster.</summary>
    public static PresentState Of(BackupManifest newest) => new Remembered(newest);

    internal sealed record Live(IEtcdCluster Cluster) : PresentState;

    internal sealed record Stopped(IReadOnlyList<string> DataDirectories) : PresentState;

    internal sealed record Remembered(BackupManifest Newest) : PresentState;
}
