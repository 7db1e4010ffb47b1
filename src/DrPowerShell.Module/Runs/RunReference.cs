using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Module.Runs;

/// <summary>A run as a command takes it: its id, or what Get-RecoveryRun, Restore-EtcdCluster or a Test-RecoveryJournal returned.</summary>
public sealed class RunReference
{
    /// <summary>A run's id, such as restore-20261122T141530Z-7f3a.</summary>
    public RunReference(string id) => Id = id;

    /// <summary>A run that Get-RecoveryRun or Restore-EtcdCluster returned.</summary>
    public RunReference(RecoveryRun run) => (Id, Run) = (run.Id, run);

    /// <summary>The run's id.</summary>
    public string Id { get; }

    /// <summary>The run, where it was given itself.</summary>
    internal RecoveryRun? Run { get; }

    /// <inheritdoc/>
    public override string ToString() => Id;
}
