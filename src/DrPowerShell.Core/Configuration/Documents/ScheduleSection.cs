using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Configuration.Documents;

/// <summary>One schedule of an estate.</summary>
public sealed record ScheduleSection
{
    [EstateKey("The cluster: a name from clusters.", Required = true, NamesOf = "clusters")]
    public string Cluster { get; init; } = "";

    [EstateKey("The repository that the backup is streamed to: a name from repositories.", Required = true, NamesOf = "repositories")]
    public string Repository { get; init; } = "";

    [EstateKey("The repositories that it is copied to afterwards.", NamesOf = "repositories")]
    public IReadOnlyList<string> CopyTo { get; init; } = [];

    [EstateKey("A cron expression of 5 fields such as '0 2 * * *', or hourly, daily (at 00:00), weekly (Monday), monthly (the first) or yearly.",
        Required = true, Format = EstateFormat.When)]
    public string When { get; init; } = "";

    [EstateKey("Where its hours are read, such as Europe/Berlin.", Default = "UTC")]
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    [EstateKey("How far each backup is verified before it is published.", Values = ["digest", "structure", "full", "boot"], Default = "full")]
    public VerificationLevel Level { get; init; } = VerificationLevel.Full;

    [EstateKey("Files and folders beside etcd that go with each backup.", Format = EstateFormat.File)]
    public IReadOnlyList<string> IncludeFiles { get; init; } = [];

    [EstateKey("A folder where the snapshot is spooled and verified before it is published. Default: chosen by the room there is.", Format = EstateFormat.File)]
    public string? SpoolDirectory { get; init; }

    [EstateKey("The rule that is applied to every repository after the backup: a name from retention. Without it nothing is removed.", NamesOf = "retention")]
    public string? Retention { get; init; }

    [EstateKey("What every run checks afterwards.")]
    public ExpectSection? Expect { get; init; }
}

/// <summary>What a repository is held to.</summary>
public sealed record ExpectSection
{
    [EstateKey("The newest backup must be younger.")]
    public TimeSpan? Rpo { get; init; }

    [EstateKey("In how many places each backup must be.", Minimum = 1, Maximum = 100, Default = 1)]
    public int? Copies { get; init; }

    [EstateKey("Whether one of the places must be offsite.", Default = false)]
    public bool Offsite { get; init; }

    [EstateKey("Each backup's newest proof must be younger.")]
    public TimeSpan? ProofEvery { get; init; }

    [EstateKey("How much one check may read for proofs, oldest proof first. Default: everything.", Format = EstateFormat.Size)]
    public long? ByteBudget { get; init; }

    [EstateKey("How long one check may go on proving. Default: without end.")]
    public TimeSpan? TimeBudget { get; init; }
}
