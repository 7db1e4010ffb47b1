using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Restores.Plans;
using DrPowerShell.Core.Services;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>What the keys of one section ask of one another.</summary>
internal static class SectionRules
{
    /// <param name="section">The section, as far as it could be read.</param>
    /// <param name="map">As it is written.</param>
    /// <param name="mistake">Takes a mistake: where, what was found, what was expected.</param>
    public static void Check(object section, YamlMap map, Action<YamlTree, string, string> mistake)
    {
        switch (section)
        {
            case ClusterSection:
                Needs(map, "password", "user", mistake);
                Needs(map, "certificateKey", "certificate", mistake);
                break;
            case RepositorySection repository:
                CheckRepository(repository, map, mistake);
                break;
            case EncryptionSection:
                CheckEncryption(map, mistake);
                break;
            case S3Section:
                Needs(map, "accessKey", "secretKey", mistake);
                Needs(map, "secretKey", "accessKey", mistake);
                Needs(map, "sessionToken", "accessKey", mistake);
                break;
            case SftpSection or JumpSection or HostSection:
                Needs(map, "keyPassphrase", "key", mistake);
                Needs(map, "certificate", "key", mistake);
                break;
            case ServiceSection { Type: ServiceKind.Command } or MemberServiceSection { Type: ServiceKind.Command }:
                CheckCommands(map, mistake);
                break;
            case ServiceSection or MemberServiceSection:
                RefuseCommands(map, mistake);
                break;
            case ApprovalSection approval when approval.Required > approval.Approvers.Count && Find(map, "required") is { } required:
                mistake(required, $"{approval.Required} of {approval.Approvers.Count} approvers", "at most as many as there are approvers");
                break;
            case NotifierSection notifier:
                NotifierRules.Check(notifier, map, mistake);
                break;
            case CheckSection check:
                CheckRules.Check(check, map, mistake);
                break;
            case RestoreSourceSection:
                CheckRules.CheckSource(map, mistake);
                break;
            case RestorePlanDocument plan:
                CheckRules.CheckPlan(plan, map, mistake);
                break;
            case ScheduleSection schedule when Find(map, "copyTo") is { } copies && schedule.CopyTo.Contains(schedule.Repository, StringComparer.Ordinal):
                mistake(copies, $"'{schedule.Repository}', where the backup is stored already", "other repositories");
                break;
        }
    }

    private static void CheckCommands(YamlMap map, Action<YamlTree, string, string> mistake)
    {
        foreach (var key in new[] { "start", "stop", "status" })
        {
            if (Find(map, key) is null)
            {
                mistake(map, $"a command without '{key}'", "start, stop and status, each a line for /bin/sh");
            }
        }
    }

    private static void RefuseCommands(YamlMap map, Action<YamlTree, string, string> mistake)
    {
        foreach (var key in new[] { "start", "stop", "status" })
        {
            if (Find(map, key) is { } at)
            {
                mistake(at, $"'{key}' for a service that is no command", "type: command, or no " + key);
            }
        }
    }

    private static void CheckRepository(RepositorySection section, YamlMap map, Action<YamlTree, string, string> mistake)
    {
        if (section.Uri.Length == 0)
        {
            return; // a mistake of its own
        }

        foreach (var (key, scheme) in new[] { ("s3", "s3"), ("lock", "s3"), ("sftp", "sftp") })
        {
            if (Find(map, key) is { } at && !section.Uri.StartsWith(scheme + "://", StringComparison.OrdinalIgnoreCase))
            {
                mistake(at, $"'{key}' for a repository that is not {scheme}://", $"a uri that begins with {scheme}://, or no {key}");
            }
        }
    }

    private static void CheckEncryption(YamlMap map, Action<YamlTree, string, string> mistake)
    {
        var passphrase = Find(map, "passphrase");
        var recipients = Find(map, "recipients") ?? Find(map, "recipientFiles");
        if (passphrase is not null && recipients is not null)
        {
            mistake(passphrase, "a passphrase beside recipients", "one of the two: age allows no mix");
        }
        else if (passphrase is null && !HasItems(map, "recipients") && !HasItems(map, "recipientFiles"))
        {
            mistake(map, "nobody to encrypt to", "recipients, recipientFiles or a passphrase");
        }
    }

    private static bool HasItems(YamlMap map, string key) => Find(map, key) is { } tree and not YamlList { Items.Count: 0 };

    private static void Needs(YamlMap map, string key, string needed, Action<YamlTree, string, string> mistake)
    {
        if (Find(map, key) is { } at && Find(map, needed) is null)
        {
            mistake(at, $"'{key}' alone", $"'{needed}' beside it");
        }
    }

    private static YamlTree? Find(YamlMap map, string key) => map.Entries.FirstOrDefault(entry => entry.Key.Text == key)?.Value;
}
