using System.Management.Automation;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Collecting;
using DrPowerShell.Core.Retention;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;

namespace DrPowerShell.Module.Commands;

/// <summary>Removes the backups that no rule keeps, and tells of each backup which rules keep it.</summary>
/// <remarks>
/// <para>
/// A backup stays when any rule keeps it. KeepHourly 24 keeps the newest backup of each of the newest 24 hours that have one, and so on; hours,
/// days, weeks (from Monday on), months and years are those of -TimeZone. Each cluster of the repository is treated by itself.
/// </para>
/// <para>
/// Whatever the rules say, these stay: the newest verified backup, the last one in the repository, locked ones, those that were found damaged or
/// are not trusted, and the last one before the cluster shrank. Where the newest backup holds far fewer keys or bytes than the one before it,
/// nothing of that cluster is removed: SuspiciousShrink.
/// </para>
/// <para>What backups that died have left is collected as well, once it is a day old (unfinishedAfter in the estate).</para>
/// </remarks>
/// <example>
/// <para>See what a policy would keep, and why.</para>
/// <code>Invoke-SnapshotRetention -Repository offsite -KeepLast 7 -KeepDaily 14 -KeepMonthly 12 -WhatIf</code>
/// <para>Each backup is listed with the rules that keep it, or with Remove.</para>
/// </example>
/// <example>
/// <para>Apply a policy of the estate to one cluster.</para>
/// <code>Invoke-SnapshotRetention -Repository offsite -Cluster prod -Policy standard | Where-Object IsRemoved</code>
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "SnapshotRetention", DefaultParameterSetName = ByRules, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(RetentionDecision))]
public sealed class InvokeSnapshotRetentionCommand : RepositoryCmdlet
{
    private const string ByRules = "Rules";
    private const string ByPolicy = "Policy";

    /// <summary>The repository: a name from the estate, a URI such as s3://bucket/prefix, a folder, or what Get-SnapshotRepository returned.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public override RepositoryReference? Repository { get; set; }

    /// <summary>Only backups of this cluster. Without it each cluster of the repository has its turn.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ClusterNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Cluster { get; set; }

    /// <summary>A retention policy of the estate, by its name.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByPolicy)]
    [ValidateNotNullOrEmpty]
    public string? Policy { get; set; }

    /// <summary>Keep the newest so many backups.</summary>
    [Parameter(ParameterSetName = ByRules)]
    [ValidateRange(0, int.MaxValue)]
    public int KeepLast { get; set; }

    /// <summary>Keep the newest backup of each of the newest so many hours that have one.</summary>
    [Parameter(ParameterSetName = ByRules)]
    [ValidateRange(0, int.MaxValue)]
    public int KeepHourly { get; set; }

    /// <summary>Keep the newest backup of each of the newest so many days that have one.</summary>
    [Parameter(ParameterSetName = ByRules)]
    [ValidateRange(0, int.MaxValue)]
    public int KeepDaily { get; set; }

    /// <summary>Keep the newest backup of each of the newest so many weeks that have one.</summary>
    [Parameter(ParameterSetName = ByRules)]
    [ValidateRange(0, int.MaxValue)]
    public int KeepWeekly { get; set; }

    /// <summary>Keep the newest backup of each of the newest so many months that have one.</summary>
    [Parameter(ParameterSetName = ByRules)]
    [ValidateRange(0, int.MaxValue)]
    public int KeepMonthly { get; set; }

    /// <summary>Keep the newest backup of each of the newest so many years that have one.</summary>
    [Parameter(ParameterSetName = ByRules)]
    [ValidateRange(0, int.MaxValue)]
    public int KeepYearly { get; set; }

    /// <summary>Keep every backup that is younger, such as 30d.</summary>
    [Parameter(ParameterSetName = ByRules)]
    [DurationTransform]
    public TimeSpan MinimumAge { get; set; }

    /// <summary>The time zone in which days begin, such as Europe/Berlin. The default is UTC.</summary>
    [Parameter(ParameterSetName = ByRules)]
    [ValidateNotNull]
    public TimeZoneInfo TimeZone { get; set; } = TimeZoneInfo.Utc;

    /// <summary>By what part the newest backup may be smaller than the one before, in keys and in bytes, from 0 to 1. The default is 0.5, half.</summary>
    [Parameter(ParameterSetName = ByRules)]
    [ValidateRange(0.0, 1.0)]
    public double LargestShrink { get; set; } = 0.5;

    /// <summary>The shrink that SuspiciousShrink tells of was meant: go on.</summary>
    [Parameter]
    public SwitchParameter AcceptShrink { get; set; }

    /// <summary>How long to wait for another run that removes or collects in the repository. The default is one minute.</summary>
    [Parameter]
    [DurationTransform]
    public TimeSpan Wait { get; set; } = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override void Process()
    {
        var request = new RetentionRequest { Policy = Rules(), Cluster = Cluster, AcceptShrink = AcceptShrink };
        var options = ResolveRepository();
        var plans = Run((_, token) => PlanAsync(options, request, token));
        var allowed = plans.Where(p => p.Shrink is null).SelectMany(p => p.Decisions).Where(d => !d.Keep && ShouldProcess($"{d.Backup} in {options.Name}", "Remove the backup, which no rule keeps"))
            .Select(d => d.Backup).ToHashSet();
        var isCollecting = ShouldProcess($"what unfinished backups have left in {options.Name}", "Collect");
        if (allowed.Count > 0 || isCollecting)
        {
            Run((output, token) => ApplyAsync(options, request with { Collect = isCollecting }, allowed, output, token));
            return;
        }

        foreach (var decision in plans.SelectMany(p => p.Decisions))
        {
            WriteObject(decision);
        }

        if (plans.FirstOrDefault(p => p.Shrink is not null)?.Shrink is { } shrink)
        {
            throw shrink;
        }
    }

    private static async Task<IReadOnlyList<RetentionPlan>> PlanAsync(RepositoryOptions options, RetentionRequest request, CancellationToken cancellationToken)
    {
        var repository = await SnapshotRepository.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using var close = repository.ConfigureAwait(false);
        return await new RetentionRunner(repository, TimeProvider.System).PlanAsync(request, TimeProvider.System.GetUtcNow(), cancellationToken).ConfigureAwait(false);
    }

    private async Task ApplyAsync(
        RepositoryOptions options, RetentionRequest request, HashSet<BackupId> allowed, IPipelineOutput output, CancellationToken cancellationToken)
    {
        var repository = await SnapshotRepository.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using var close = repository.ConfigureAwait(false);
        var collected = new Forward<CollectedObject>(c => output.WriteVerbose($"{c.Name} ({c.Kind}, since {c.Since.ToUniversalTime():u}) was collected."));
        await new RetentionRunner(repository, TimeProvider.System).RunAsync(
            request, allowed.Contains, new Forward<RetentionDecision>(output.WriteObject), collected, Wait, cancellationToken).ConfigureAwait(false);
    }

    private RetentionPolicy Rules()
    {
        if (ParameterSetName == ByPolicy)
        {
            var known = Session.Estate.Retention;
            return known.TryGetValue(Policy!, out var policy) ? policy : throw new RetentionPolicyNotFoundException(Policy!, [.. known.Keys]);
        }

        var rules = new RetentionPolicy
        {
            Last = KeepLast, Hourly = KeepHourly, Daily = KeepDaily, Weekly = KeepWeekly, Monthly = KeepMonthly, Yearly = KeepYearly,
            MinimumAge = MinimumAge, TimeZone = TimeZone, LargestShrink = LargestShrink,
        };
        return rules.IsEmpty
            ? throw new ParametersConflictException(nameof(Policy), "Nothing says which backups are to stay.", "Name a -Policy of the estate, or say -KeepLast, -KeepDaily and so on.")
            : rules;
    }

    private sealed class Forward<T>(Action<T> report) : IProgress<T>
        where T : notnull
    {
        public void Report(T value) => report(value);
    }
}
