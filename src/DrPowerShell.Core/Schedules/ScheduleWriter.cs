using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Schedules;

/// <summary>Turns a schedule into the files that make something run it.</summary>
public static class ScheduleWriter
{
    /// <summary>The files, in the order in which they are of use.</summary>
    /// <exception cref="ScheduleNotExpressibleException">The target cannot run at the times asked for.</exception>
    /// <exception cref="ScheduleExpressionNotValidException">The schedule's expression is none.</exception>
    public static IReadOnlyList<ScheduleFile> Write(BackupSchedule schedule, ScheduleTarget target, ScheduleHost host, ICalendar? calendar = null)
    {
        calendar ??= ProviderLoader.Catalog.Cron;
        // Judged by the calendar first: what cannot be run must not be written.
        _ = calendar.Occurrences(schedule.Expression, schedule.TimeZone, host.Now);
        return target switch
        {
            ScheduleTarget.Systemd => [.. SystemdScheduleWriter.Write(schedule, host, calendar)],
            ScheduleTarget.Crontab => [.. CrontabScheduleWriter.Write(schedule, host)],
            ScheduleTarget.WindowsTask => [.. WindowsTaskScheduleWriter.Write(schedule, host)],
            ScheduleTarget.KubernetesCronJob => [.. KubernetesScheduleWriter.Write(schedule, host)],
            ScheduleTarget.AzureAutomation => [.. AzureScheduleWriter.Write(schedule, host, calendar)],
            _ => throw new ArgumentOutOfRangeException(nameof(target)),
        };
    }
}
