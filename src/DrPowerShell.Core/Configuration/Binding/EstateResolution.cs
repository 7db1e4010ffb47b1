using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Retention;
using DrPowerShell.Core.Schedules;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>Makes the estate that commands use from what the file says; no secret and no file is read.</summary>
internal static class EstateResolution
{
    public static Estate Resolve(EstateDocument document, string file)
    {
        var retention = document.Retention.ToDictionary(one => one.Key, one => Policy(one.Value), StringComparer.Ordinal);
        return new Estate
        {
            Path = file,
            Clusters = document.Clusters,
            Repositories = document.Repositories,
            Hosts = document.Hosts,
            Recipients = document.Recipients,
            Trust = document.Trust,
            Notifiers = document.Notifiers,
            Notify = document.Notify,
            Retention = retention,
            Schedules = document.Schedules.ToDictionary(one => one.Key, one => Schedule(one.Key, one.Value, retention), StringComparer.Ordinal),
        };
    }

    private static RetentionPolicy Policy(RetentionSection section) => new()
    {
        Last = section.Last,
        Hourly = section.Hourly,
        Daily = section.Daily,
        Weekly = section.Weekly,
        Monthly = section.Monthly,
        Yearly = section.Yearly,
        MinimumAge = section.MinimumAge ?? TimeSpan.Zero,
        TimeZone = section.TimeZone,
        LargestShrink = section.LargestShrink,
    };

    private static BackupSchedule Schedule(string name, ScheduleSection section, Dictionary<string, RetentionPolicy> retention) => new()
    {
        Name = name,
        Cluster = section.Cluster,
        Repository = section.Repository,
        CopyTo = section.CopyTo,
        Expression = section.When,
        TimeZone = section.TimeZone,
        Level = section.Level,
        IncludeFiles = section.IncludeFiles,
        SpoolDirectory = section.SpoolDirectory,
        Retention = section.Retention is { } rule ? retention.GetValueOrDefault(rule) : null,
        Expectations = section.Expect is not { } expect ? new RepositoryExpectations() : new RepositoryExpectations
        {
            Rpo = expect.Rpo,
            Copies = expect.Copies ?? 1,
            Offsite = expect.Offsite,
            ProofEvery = expect.ProofEvery,
            ByteBudget = expect.ByteBudget,
            TimeBudget = expect.TimeBudget,
        },
    };
}
