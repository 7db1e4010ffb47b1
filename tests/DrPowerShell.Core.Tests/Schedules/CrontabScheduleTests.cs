using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Schedules;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Schedules;

/// <summary>Lines of crontabs and CronJobs, read back.</summary>
public sealed class CrontabScheduleTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 10, 24, 12, 0, 0, TimeSpan.Zero);

    private readonly TempFolder _folder = new("crontab");

    public static TheoryData<string> Expressions =>
    [
        "0 2 * * *", "*/15 * * * *", "0 */6 * * *", "15 1,13 * * 1-5", "0 3 1 * *", "0 4 * * SUN", "5 22-2 * * *", "*/20 8-18 * * MON-FRI", "0 0 1 JAN ?", "0 0 * * 5-7", "3/20 1 * * *",
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Expressions))]
    public void The_expression_written_runs_at_the_times_asked_for(string expression)
    {
        var schedule = Sample.Schedule(expression, "Europe/Berlin");
        var lines = Assert.Single(ScheduleWriter.Write(schedule, ScheduleTarget.Crontab, Sample.Host(Now))).Content.Split('\n');
        var written = string.Join(' ', lines[^2].Split(' ')[..5]);
        var job = (YamlMap)ProviderLoader.Catalog.Yaml.Read(Assert.Single(ScheduleWriter.Write(schedule, ScheduleTarget.KubernetesCronJob, Sample.Host(Now) with { Image = "x:1" })).Content, "job.yaml");

        Assert.Contains("CRON_TZ=Europe/Berlin", lines);
        // What every cron understands: no names, no '?', no range around the end, Sunday as 0.
        Assert.Matches("^[0-9*,/-]+( [0-9*,/-]+){4}$", written);
        Assert.DoesNotContain('7', written.Split(' ')[4]);
        Assert.Equal(Sample.Times(schedule, Now), Sample.Times(schedule with { Expression = written }, Now));
        Assert.Equal(written, Text(job, "spec", "schedule"));
    }

    [Fact]
    public void No_zone_is_written_where_it_is_the_machines_own() =>
        Assert.DoesNotContain("CRON_TZ", ScheduleWriter.Write(Sample.Schedule("0 2 * * *", "Europe/Berlin"), ScheduleTarget.Crontab, Sample.Host(Now, "Europe/Berlin"))[0].Content);

    [Fact]
    public async Task The_shell_that_cron_starts_hands_over_the_very_command()
    {
        var program = _folder["it's pwsh"];
        await File.WriteAllTextAsync(program, "#!/bin/sh\nfor one; do printf '%s\\n' \"$one\"; done\n", TestContext.Current.CancellationToken);
#pragma warning disable CA1416 // there is no cron on Windows, nor this test
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
#pragma warning restore CA1416
        var host = Sample.Host(Now) with { PowerShellPath = program, EstatePath = "/etc/o'brien \"50%\" $HOME `id` \\.yaml" };
        var line = ScheduleWriter.Write(Sample.Schedule("0 2 * * *"), ScheduleTarget.Crontab, host)[0].Content.Split('\n')[^2];
        var command = line.Split(' ', 6)[5];

        // As cron does it: an unescaped '%' would end the command, an escaped one loses its backslash.
        Assert.DoesNotContain("%", command.Replace("\\%", "", StringComparison.Ordinal));
        var result = await Command.RunAsync("/bin/sh", ["-c", command.Replace("\\%", "%", StringComparison.Ordinal)], cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(
            ["-NoProfile", "-NonInteractive", "-Command", "Import-Module 'DrPowerShell'; Invoke-BackupSchedule -Name 'nightly' -Estate '/etc/o''brien \"50%\" $HOME `id` \\.yaml'"],
            result.ThrowIfFailed().Output.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("0 2 L * *")]
    [InlineData("0 2 15W * *")]
    [InlineData("0 2 * * 1#2")]
    [InlineData("0 2 * * 5L")]
    [InlineData("0 2 13 * 5")]
    public void What_crons_do_not_agree_on_is_refused(string expression)
    {
        foreach (var target in new[] { ScheduleTarget.Crontab, ScheduleTarget.KubernetesCronJob })
        {
            Assert.Equal(target, Assert.Throws<ScheduleNotExpressibleException>(() => ScheduleWriter.Write(Sample.Schedule(expression), target, Sample.Host(Now) with { Image = "x" })).Target);
        }
    }

    [Fact]
    public void A_CronJob_is_what_a_restricted_namespace_admits()
    {
        var host = Sample.Host(Now) with { Image = "registry.example.org/dr:1", EstatePath = "/etc/drpowershell/the \"estate\".yaml", PowerShellPath = "pwsh" };
        var job = (YamlMap)ProviderLoader.Catalog.Yaml.Read(ScheduleWriter.Write(Sample.Schedule("0 2 * * *"), ScheduleTarget.KubernetesCronJob, host)[0].Content, "job.yaml");
        string[] pod = ["spec", "jobTemplate", "spec", "template", "spec"];

        Assert.Equal(("batch/v1", "CronJob", "drpowershell-nightly"), (Text(job, "apiVersion"), Text(job, "kind"), Text(job, "metadata", "name")));
        Assert.Equal(("Etc/UTC", "Forbid"), (Text(job, "spec", "timeZone"), Text(job, "spec", "concurrencyPolicy")));
        Assert.Equal(("true", "RuntimeDefault", "Never"), (Text(job, [.. pod, "securityContext", "runAsNonRoot"]), Text(job, [.. pod, "securityContext", "seccompProfile", "type"]), Text(job, [.. pod, "restartPolicy"])));
        var container = (YamlMap)Assert.Single(((YamlList)Find(job, [.. pod, "containers"])).Items);
        Assert.Equal(("false", "true"), (Text(container, "securityContext", "allowPrivilegeEscalation"), Text(container, "securityContext", "readOnlyRootFilesystem")));
        Assert.Equal("ALL", ((YamlScalar)Assert.Single(((YamlList)Find(container, "securityContext", "capabilities", "drop")).Items)).Text);
        Assert.Equal(
            ["-NoProfile", "-NonInteractive", "-Command", "Import-Module 'DrPowerShell'; Invoke-BackupSchedule -Name 'nightly' -Estate '/etc/drpowershell/the \"estate\".yaml'"],
            ((YamlList)Find(container, "args")).Items.Select(item => ((YamlScalar)item).Text));
    }

    private static YamlTree Find(YamlTree tree, params string[] path) => path.Aggregate(tree, (at, key) => ((YamlMap)at).Entries.Single(entry => entry.Key.Text == key).Value);

    private static string Text(YamlTree tree, params string[] path) => ((YamlScalar)Find(tree, path)).Text;
}
