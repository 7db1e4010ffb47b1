namespace DrPowerShell.Core.Schedules;

/// <summary>What runs a schedule.</summary>
public enum ScheduleTarget
{
    /// <summary>A systemd service and its timer.</summary>
    Systemd,

    /// <summary>A line of a crontab.</summary>
    Crontab,

    /// <summary>A task of the Windows Task Scheduler.</summary>
    WindowsTask,

    /// <summary>A CronJob of Kubernetes.</summary>
    KubernetesCronJob,

    /// <summary>A runbook of Azure Automation and its schedules.</summary>
    AzureAutomation,
}
