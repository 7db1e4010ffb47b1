using System.Management.Automation;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Schedules;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;

namespace DrPowerShell.Module.Commands;

/// <summary>Writes what makes systemd, cron, Windows, Kubernetes or Azure Automation run a schedule of the estate.</summary>
/// <remarks>
/// <para>
/// All of them run one command, Invoke-BackupSchedule with the schedule's name, in a new pwsh. The cron expression and the time zone of the estate
/// are translated; what a target cannot express is refused with ScheduleNotExpressible rather than written a little different.
/// </para>
/// <para>
/// Nothing is installed: without -OutputDirectory the files come out as objects, with it they are written there. Each says in its first lines
/// where it belongs.
/// </para>
/// </remarks>
/// <example>
/// <para>Let systemd run the schedule nightly on this machine.</para>
/// <code>New-BackupSchedule -Name nightly -As Systemd -User backup -OutputDirectory /etc/systemd/system</code>
/// <para>Then: systemctl daemon-reload, and systemctl enable --now drpowershell-nightly.timer.</para>
/// </example>
/// <example>
/// <para>See the CronJob of a schedule.</para>
/// <code>(New-BackupSchedule nightly -As KubernetesCronJob -Image registry.example.org/drpowershell:0.1.0).Content</code>
/// </example>
/// <example>
/// <para>Write a task for the Windows Task Scheduler.</para>
/// <code>New-BackupSchedule nightly -As WindowsTask -OutputDirectory ./tasks</code>
/// <para>Register-ScheduledTask -Xml takes its text.</para>
/// </example>
[Cmdlet(VerbsCommon.New, "BackupSchedule", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(ScheduleFile))]
public sealed class NewBackupScheduleCommand : DrCmdlet
{
    private const string ModuleName = "DrPowerShell";

    /// <summary>The schedule's name in the estate.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ArgumentCompleter(typeof(ScheduleNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>What is to run it: Systemd, Crontab, WindowsTask, KubernetesCronJob or AzureAutomation.</summary>
    [Parameter(Mandatory = true)]
    public ScheduleTarget As { get; set; }

    /// <summary>The folder to write the files to, made where it is missing; files of the same names are replaced. Without it nothing is written.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutputDirectory { get; set; }

    /// <summary>The pwsh program where the schedule is to run. The default is this one, or where packages put it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PowerShellPath { get; set; }

    /// <summary>The user who runs it, for Systemd, Crontab and WindowsTask. The default is root, or the system.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? User { get; set; }

    /// <summary>The container image that holds pwsh and this module, for KubernetesCronJob.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Image { get; set; }

    /// <summary>Files with secrets that systemd hands to the service alone: the estate then refers to file:/run/credentials/UNIT.service/NAME.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] SecretFile { get; set; } = [];

    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Estate { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (As == ScheduleTarget.KubernetesCronJob && Image is null)
        {
            throw new ParametersConflictException(nameof(Image), "-As KubernetesCronJob needs -Image.", "Name an image that holds pwsh and this module.");
        }

        var session = new EstateSession(this, Estate);
        var schedule = session.Schedule(Name);
        var files = ScheduleWriter.Write(schedule, As, Facts(schedule, session.Estate));
        if (OutputDirectory is null)
        {
            WriteObject(files, enumerateCollection: true);
            return;
        }

        var folder = ResolveDestination(OutputDirectory);
        foreach (var file in files)
        {
            if (ShouldProcess(Path.Combine(folder, file.FileName), $"Write the schedule {Name}"))
            {
                Directory.CreateDirectory(folder);
                WriteObject(file.WriteTo(folder));
            }
        }
    }

    private ScheduleHost Facts(BackupSchedule schedule, Estate estate)
    {
        var isElsewhere = As is ScheduleTarget.KubernetesCronJob or ScheduleTarget.AzureAutomation;
        return new()
        {
            PowerShellPath = PowerShellPath ?? (isElsewhere ? "pwsh" : ThisPowerShell()),
            Module = isElsewhere ? ModuleName : ThisModule(),
            // In a container or a sandbox it lies where those files say.
            EstatePath = isElsewhere ? null : estate.Path,
            User = User,
            Image = Image,
            SecretFiles = [.. SecretFile.Select(ResolveDestination)],
            WritablePaths = [
                .. new[] { schedule.Repository }.Concat(schedule.CopyTo).Select(name => estate.Describe(name).Uri).Where(uri => uri.IsFile).Select(uri => uri.LocalPath),
                .. schedule.SpoolDirectory is { } spool ? [spool] : Array.Empty<string>()],
        };
    }

    private string ThisPowerShell() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path).Equals("pwsh", StringComparison.OrdinalIgnoreCase) ? path
        : As == ScheduleTarget.WindowsTask ? @"C:\Program Files\PowerShell\7\pwsh.exe"
        : "/usr/bin/pwsh";

    // By name where a new pwsh finds it by name.
    private string ThisModule()
    {
        var folder = MyInvocation.MyCommand.Module?.ModuleBase ?? "";
        var found = (Environment.GetEnvironmentVariable("PSModulePath") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return folder.Length == 0 || found.Any(root => folder.StartsWith(Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            ? ModuleName
            : folder;
    }
}
