using System.Text;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Schedules;

/// <summary>Writes a systemd service and its timer.</summary>
internal static class SystemdScheduleWriter
{
    public static IEnumerable<ScheduleFile> Write(BackupSchedule schedule, ScheduleHost host, ICalendar calendar)
    {
        var unit = ScheduleCommand.UnitName(schedule);
        return [new($"{unit}.service", Service(schedule, host, unit)), new($"{unit}.timer", Timer(schedule, host, calendar))];
    }

    private static string Service(BackupSchedule schedule, ScheduleHost host, string unit)
    {
        var script = ScheduleCommand.Script(schedule, ScheduleTarget.Systemd, host);
        // The program's path stands unquoted for systemd's own checks where it can.
        var program = host.PowerShellPath.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-')
            ? host.PowerShellPath
            : ScheduleCommand.QuoteForSystemd(host.PowerShellPath);
        var text = new StringBuilder($"""
            # {unit}.service: into /etc/systemd/system, then 'systemctl daemon-reload'.
            [Unit]
            Description=etcd backup by DrPowerShell: {Plain(schedule.Name)}
            Wants=network-online.target
            After=network-online.target

            [Service]
            Type=oneshot
            ExecStart={program} {ScheduleCommand.Options} {ScheduleCommand.QuoteForSystemd(script)}
            TimeoutStartSec=24h
            Environment=POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off XDG_CACHE_HOME=%C/{unit}
            CacheDirectory={unit}

            """);
        if (host.User is { } user)
        {
            text.Append("User=").Append(user).Append('\n');
        }

        foreach (var file in host.SecretFiles)
        {
            // In the estate: file:/run/credentials/UNIT.service/NAME, which no other service can read.
            text.Append("LoadCredential=").Append(Plain($"{System.IO.Path.GetFileName(file)}:{file}")).Append('\n');
        }

        text.Append("""

            # Nothing but the network and the folders below is needed. No MemoryDenyWriteExecute: .NET compiles while it runs.
            UMask=0077
            NoNewPrivileges=yes
            ProtectSystem=strict
            ProtectHome=read-only
            PrivateTmp=yes
            PrivateDevices=yes
            ProtectKernelTunables=yes
            ProtectKernelModules=yes
            ProtectKernelLogs=yes
            ProtectControlGroups=yes
            ProtectClock=yes
            ProtectHostname=yes
            RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
            RestrictNamespaces=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            LockPersonality=yes
            SystemCallArchitectures=native

            """);
        foreach (var path in host.WritablePaths.Distinct(StringComparer.Ordinal))
        {
            text.Append("ReadWritePaths=").Append(ScheduleCommand.QuoteForSystemd(path).Replace("$$", "$", StringComparison.Ordinal)).Append('\n');
        }

        return text.ToString();
    }

    private static string Timer(BackupSchedule schedule, ScheduleHost host, ICalendar calendar)
    {
        var unit = ScheduleCommand.UnitName(schedule);
        var lines = SystemdCalendar.Lines(schedule, calendar, host.Now);
        var text = new StringBuilder($"""
            # {unit}.timer: into /etc/systemd/system, then 'systemctl enable --now {unit}.timer'.
            [Unit]
            Description=etcd backup by DrPowerShell: {Plain(schedule.Name)}, {schedule.Expression} {ScheduleCommand.IanaName(schedule.TimeZone)}

            [Timer]
            OnCalendar={lines[0]}

            """);
        if (lines.Count > 1)
        {
            text.Append("# Times that a change of clocks would leave out.\n");
            text.AppendJoin("", lines.Skip(1).Select(line => $"OnCalendar={line}\n"));
        }

        return text.Append("""
            # A time that passed while the machine was off is made up for.
            Persistent=true
            AccuracySec=1s

            [Install]
            WantedBy=timers.target

            """).ToString();
    }

    private static string Plain(string text) => text.Replace("%", "%%", StringComparison.Ordinal);
}
