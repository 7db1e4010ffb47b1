namespace DrPowerShell.Core.Schedules;

/// <summary>Facts of the machine that a schedule is to run on.</summary>
public sealed record ScheduleHost
{
    /// <summary>The pwsh program there; systemd wants a full path.</summary>
    public string PowerShellPath { get; init; } = "pwsh";

    /// <summary>The module: its name where it is installed, else the path of its folder.</summary>
    public string Module { get; init; } = "DrPowerShell";

    /// <summary>The estate file there; null to have it found as the cmdlets find it.</summary>
    public string? EstatePath { get; init; }

    /// <summary>Who runs it; null for root or the system.</summary>
    public string? User { get; init; }

    /// <summary>The machine's own time zone.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Local;

    /// <summary>Folders that the run writes to: repositories in folders, and the spool.</summary>
    public IReadOnlyList<string> WritablePaths { get; init; } = [];

    /// <summary>Files with secrets, which systemd hands to the service alone, under their file names in /run/credentials.</summary>
    public IReadOnlyList<string> SecretFiles { get; init; } = [];

    /// <summary>The container image with pwsh and the module, for Kubernetes.</summary>
    public string? Image { get; init; }

    /// <summary>When the files are made: times before are of no interest.</summary>
    public DateTimeOffset Now { get; init; } = TimeProvider.System.GetUtcNow();
}
