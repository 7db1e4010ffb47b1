using System.Management.Automation;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Schedules;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;

namespace DrPowerShell.Module.Commands;

/// <summary>Runs a schedule of the estate once: backs up, copies, applies retention, checks.</summary>
/// <remarks>
/// <para>
/// This is what New-BackupSchedule makes systemd, cron, Windows, Kubernetes and Azure Automation run. When a part fails the others still have
/// their turn: a copy that cannot be made does not keep the backup from being made, and nothing is removed where no new backup arrived.
/// </para>
/// <para>
/// When anything fell short it ends in the terminating error BackupScheduleFailed with one line of reasons, after it wrote what it did, so that
/// pwsh -NonInteractive -Command exits with 1. Two runs of one schedule exclude each other by a lock in the repository, on any machine.
/// </para>
/// </remarks>
/// <example>
/// <para>Run a schedule by hand, and see what it does.</para>
/// <code>Invoke-BackupSchedule -Name nightly -Verbose</code>
/// </example>
/// <example>
/// <para>Run it with another estate, and keep what it did.</para>
/// <code>$run = Invoke-BackupSchedule nightly -Estate /etc/drpowershell/estate.yaml
/// $run.Checks.Findings</code>
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "BackupSchedule", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(ScheduleRunResult))]
public sealed class InvokeBackupScheduleCommand : DrCmdlet
{
    /// <summary>The schedule's name in the estate.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ArgumentCompleter(typeof(ScheduleNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Estate { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var session = new EstateSession(this, Estate);
        var schedule = session.Schedule(Name);
        if (!ShouldProcess(Name, $"Back up {schedule.Cluster} to {string.Join(", ", [schedule.Repository, .. schedule.CopyTo])}"))
        {
            return;
        }

        // All secrets are read here, on the pipeline thread: one that is missing takes its own part out of the run, no more.
        var cluster = Access(() => session.Estate.Cluster(schedule.Cluster, session.Secrets), out var unreachable);
        var run = new ScheduleRun
        {
            Schedule = schedule,
            OpenCluster = token => cluster is null ? Task.FromException<IEtcdCluster>(unreachable!) : ProviderLoader.Catalog.Etcd.ConnectAsync(cluster, token),
            Repository = Resolve(session, schedule.Repository),
            CopyTo = [.. schedule.CopyTo.Select(name => Resolve(session, name))],
        };
        var result = Run((output, token) =>
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var progress = output.Progress<BackupProgress>($"Backing up {schedule.Cluster}", state => ProgressState.Bytes(state.Done, state.Total, clock.Elapsed));
            return new ScheduleRunner().RunAsync(run, progress, new Decisions(output), token);
        });
        WriteObject(result);
        if (!result.IsSuccessful)
        {
            throw new BackupScheduleFailedException(result);
        }
    }

    private static ScheduleRepository Resolve(EstateSession session, string name)
    {
        var options = Access(() => session.Estate.Repository(name, session.Secrets), out var failure);
        // An identity that is not on this machine is no failure: the proofs are then somebody else's to make.
        var keys = Access(() => session.Estate.DecryptionKeys(name, session.Secrets), out _);
        return new(name, options, failure) { Keys = keys ?? DecryptionKeys.None };
    }

    private static T? Access<T>(Func<T> read, out RecoveryException? failure)
        where T : class
    {
        try
        {
            failure = null;
            return read();
        }
        catch (RecoveryException e)
        {
            failure = e;
            return null;
        }
    }

    private sealed class Decisions(IPipelineOutput output) : IProgress<string>
    {
        public void Report(string value) => output.WriteVerbose(value);
    }
}
