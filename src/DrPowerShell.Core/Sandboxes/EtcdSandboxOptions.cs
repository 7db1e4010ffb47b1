namespace DrPowerShell.Core.Sandboxes;

/// <summary>What a sandbox is to be.</summary>
public sealed record EtcdSandboxOptions
{
    /// <summary>The name it goes by; made up where null.</summary>
    public string? Name { get; init; }

    /// <summary>How many members, 1 to 5 (an odd number is sensible). Default 1.</summary>
    public int MemberCount { get; init; } = 1;

    /// <summary>The etcd program; null to look for it on PATH.</summary>
    public string? EtcdPath { get; init; }

    /// <summary>The folder that the sandbox's own folder is made in; null for the temp folder.</summary>
    public string? ParentFolder { get; init; }

    /// <summary>How long the members may take until all of them are healthy. Default 60 s.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Builds the members' data directories (absent when it is called) before the members start; null to start empty. Called again with other
    /// ports where a port was taken by somebody else in between.
    /// </summary>
    public Func<EtcdSandboxPlan, CancellationToken, Task>? PrepareDataDirectories { get; init; }

    /// <summary>The snapshot that the hook restores, as the sandbox is to tell it; null where it starts empty.</summary>
    public string? SnapshotPath { get; init; }

    /// <summary>The backend quota in bytes. Default 8 GiB: etcd's own default of 2 GiB would raise an alarm on many a snapshot.</summary>
    public long QuotaBytes { get; init; } = 8L << 30;

    /// <summary>Further arguments for every member, as etcd takes them.</summary>
    public IReadOnlyList<string> ExtraArguments { get; init; } = [];

    /// <summary>Told of each step, such as "waiting until 3 members are healthy".</summary>
    public IProgress<string>? Steps { get; init; }
}
