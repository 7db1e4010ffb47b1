using System.Globalization;
using System.Text.RegularExpressions;
using DrPowerShell.Core.Schedules;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Schedules;

/// <summary>systemd-analyze says what the units mean.</summary>
public sealed partial class SystemdScheduleTests : IDisposable
{
    private readonly TempFolder _folder = new("systemd");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_units_pass_systemds_own_verification()
    {
        var schedule = Sample.Schedule("30 2 * * *", "Europe/Berlin", "Kunde 7's \"prod\" 100%$x");
        // verify looks whether the program is there.
        var host = Sample.Host(DateTimeOffset.UtcNow) with
        {
            PowerShellPath = "/bin/true",
            EstatePath = "/etc/dr powershell/o'brien's 50% $HOME \\ \"x\".yaml",
            User = "root",
            WritablePaths = ["/srv/back ups", "/var/spool"],
            SecretFiles = ["/etc/drpowershell/offsite.key"],
        };
        var files = ScheduleWriter.Write(schedule, ScheduleTarget.Systemd, host).Select(file => file.WriteTo(_folder.FullName)).ToArray();

        var result = await Command.RunAsync("systemd-analyze", ["verify", "--man=no", .. files.Select(file => file.Path!)], cancellationToken: Token);

        Assert.Equal((0, ""), (result.ExitCode, string.Join('\n', result.Error.Split('\n').Where(line => line.Contains("drpowershell", StringComparison.Ordinal)))));
        Assert.Matches("^drpowershell-kunde-7-s--prod--100-[0-9a-f]{6}\\.service$", files[0].FileName);
        Assert.Contains("""
            ExecStart=/bin/true -NoProfile -NonInteractive -Command "Import-Module 'DrPowerShell'; Invoke-BackupSchedule -Name 'Kunde 7''s \"prod\" 100%%$$x' -Estate '/etc/dr powershell/o''brien''s 50%% $$HOME \\ \"x\".yaml'"
            """.Trim(), files[0].Content);
        Assert.Contains("LoadCredential=offsite.key:/etc/drpowershell/offsite.key\n", files[0].Content);
        Assert.Contains("ReadWritePaths=\"/srv/back ups\"\n", files[0].Content);
        Assert.Contains("Persistent=true\n", files[1].Content);
    }

    [Theory]
    [InlineData("UTC")]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("Asia/Kolkata")]
    [InlineData("Australia/Lord_Howe")]
    public async Task The_timer_elapses_when_cron_runs_over_changes_of_clocks_too(string zone)
    {
        string[] expressions =
        [
            "0 2 * * *", "30 2 * * *", "0 * * * *", "*/15 * * * *", "0 */6 * * *", "15 1,13 * * 1-5", "0 3 1 * *", "0 3 L * *", "0 3 L-3 * *", "0 4 * * SUN", "0 4 * * 5L",
            "0 4 * * 1#2", "0 5 1 1,4,7,10 *", "5 22-2 * * *", "*/20 8-18 * * MON-FRI", "0 2 13 * 5", "0 0 1 1 *", "10 1-3 * * *",
        ];
        foreach (var begin in Sample.Beginnings(zone))
        {
            foreach (var expression in expressions)
            {
                var schedule = Sample.Schedule(expression, zone);
                var timer = ScheduleWriter.Write(schedule, ScheduleTarget.Systemd, Sample.Host(begin))[1].Content;

                Assert.True(Sample.Times(schedule, begin).SequenceEqual(await ElapsesAsync(timer, zone, begin)), $"{expression} {zone} from {begin:u}:\n{timer}");
            }
        }
    }

    [Fact]
    public void What_systemd_cannot_tell_is_refused()
    {
        var error = Assert.Throws<ScheduleNotExpressibleException>(() => ScheduleWriter.Write(Sample.Schedule("0 2 15W * *"), ScheduleTarget.Systemd, Sample.Host(DateTimeOffset.UtcNow)));

        Assert.Equal((ScheduleTarget.Systemd, "nightly"), (error.Target, error.Subject));
        Assert.Throws<ScheduleNotExpressibleException>(() => ScheduleWriter.Write(
            Sample.Schedule("0 2 * * *", name: "a\nExecStart=/bin/sh"), ScheduleTarget.Systemd, Sample.Host(DateTimeOffset.UtcNow)));
        Assert.Throws<ScheduleExpressionNotValidException>(() => ScheduleWriter.Write(Sample.Schedule("never"), ScheduleTarget.Systemd, Sample.Host(DateTimeOffset.UtcNow)));
    }

    private static async Task<IEnumerable<DateTimeOffset>> ElapsesAsync(string timer, string zone, DateTimeOffset begin)
    {
        // In that zone, and not told of it: systemd starts a process for each time of a zone that is not its own.
        var lines = timer.Split('\n').Where(line => line.StartsWith("OnCalendar=", StringComparison.Ordinal)).Select(line => line["OnCalendar=".Length..]).ToArray();
        Assert.All(lines, line => Assert.True(line.EndsWith(" " + zone, StringComparison.Ordinal) || line.EndsWith(" UTC", StringComparison.Ordinal), line));
        var result = await Command.RunAsync("systemd-analyze",
            ["calendar", $"--iterations={Sample.Count}", $"--base-time={begin:yyyy-MM-dd HH:mm:ss} UTC", .. lines.Select(line => zone == "UTC" ? line : line.Replace(" " + zone, "", StringComparison.Ordinal))],
            new Dictionary<string, string?> { ["TZ"] = zone }, cancellationToken: Token);
        return Elapse().Matches(result.ThrowIfFailed().Output)
            .Select(match => DateTimeOffset.ParseExact(match.Groups["time"].Value, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal))
            .Distinct().Order().Take(Sample.Count);
    }

    // "Next elapse: Sun 2026-10-25 00:30:00 UTC", or below it in another zone "(in UTC): Sun 2026-10-25 00:30:00 UTC".
    [GeneratedRegex(@": \w{3} (?<time>[0-9-]{10} [0-9:]{8}) UTC")]
    private static partial Regex Elapse();
}
