using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Restores.Plans;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>What the sections of a plan ask of one another, and which keys each type of check takes.</summary>
internal static class CheckRules
{
    private static readonly string[] Common = ["name", "type", "deadline", "interval", "timeout", "maxLatency"];
    private static readonly string[] Sources = ["backup", "latest", "file"];

    // By type: what must be there, and what may be.
    private static readonly Dictionary<CheckKind, (string[] Needed, string[] Allowed)> Keys = new()
    {
        [CheckKind.Http] = (["url"], ["status", "pattern", "headers", "secretHeaders", "caCertificate", "certificate", "certificateKey"]),
        [CheckKind.Tcp] = (["host", "port"], []),
        [CheckKind.Dns] = (["host"], ["record", "answers", "server"]),
        [CheckKind.Sql] = (["provider", "host", "query"], ["port", "database", "user", "password", "tls", "caCertificate", "expect", "atLeast"]),
        [CheckKind.EtcdKey] = ([], ["key", "prefix", "pattern", "atLeast"]),
        [CheckKind.KubernetesCount] = (["resource"], ["atLeast", "atLeastPercent", "kubeconfig", "context"]),
        [CheckKind.Command] = (["host", "command"], ["exitCode", "pattern"]),
        [CheckKind.Script] = (["script"], ["parameters", "pattern"]),
    };

    public static void Check(CheckSection check, YamlMap map, Action<YamlTree, string, string> mistake)
    {
        if (Find(map, "type") is not YamlScalar type || !Enum.TryParse<CheckKind>(type.Text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var kind))
        {
            return; // a mistake of its own
        }

        var (needed, allowed) = Keys[kind];
        foreach (var key in needed.Where(key => Find(map, key) is null))
        {
            mistake(map, $"a check of type {type.Text} without '{key}'", $"'{key}' beside it");
        }

        var known = Common.Concat(needed).Concat(allowed).ToArray();
        foreach (var entry in map.Entries.Where(entry => !known.Contains(entry.Key.Text, StringComparer.Ordinal) && Keys.Values.Any(one => one.Needed.Concat(one.Allowed).Contains(entry.Key.Text, StringComparer.Ordinal))))
        {
            mistake(entry.Key, $"'{entry.Key.Text}' in a check of type {type.Text}", $"one of {string.Join(", ", known)}");
        }

        CheckOneAnother(kind, check, map, mistake);
    }

    public static void CheckSource(YamlMap map, Action<YamlTree, string, string> mistake)
    {
        var given = Sources.Where(key => Find(map, key) is { } tree && !(key == "latest" && tree is YamlScalar { Text: "false" })).ToArray();
        if (given.Length != 1)
        {
            mistake(map, given.Length == 0 ? "no source" : string.Join(" and ", given), "one of backup, latest: true and file");
        }

        if (Find(map, "file") is not null && Find(map, "repository") is { } repository)
        {
            mistake(repository, "a repository for a file", "a backup from it, or no repository");
        }
    }

    public static void CheckPlan(RestorePlanDocument plan, YamlMap map, Action<YamlTree, string, string> mistake)
    {
        if (Find(map, "bumpRevision") is YamlScalar bump && plan.BumpRevision != "auto" && !(plan.BumpRevision.Length is > 0 and < 19 && plan.BumpRevision.All(char.IsAsciiDigit)))
        {
            mistake(bump, "a bump of its own (not shown here)", "auto, or a number of revisions");
        }

        // The report tells them apart by their names.
        foreach (var twice in ((Find(map, "checks") as YamlList)?.Items.OfType<YamlMap>() ?? []).Select(check => Find(check, "name")).OfType<YamlScalar>()
            .GroupBy(name => name.Text, StringComparer.Ordinal).SelectMany(group => group.Skip(1)))
        {
            mistake(twice, $"a second check '{FoundText.Short(twice.Text)}'", "a name of its own");
        }
    }

    private static void CheckOneAnother(CheckKind kind, CheckSection check, YamlMap map, Action<YamlTree, string, string> mistake)
    {
        switch (kind)
        {
            case CheckKind.EtcdKey when Find(map, "key") is null == Find(map, "prefix") is null:
                mistake(map, Find(map, "key") is null ? "neither 'key' nor 'prefix'" : "'key' beside 'prefix'", "one of the two");
                break;
            case CheckKind.EtcdKey when Find(map, "prefix") is not null && Find(map, "pattern") is { } pattern:
                mistake(pattern, "'pattern' for a prefix", "a key whose value must match, or no pattern");
                break;
            case CheckKind.KubernetesCount when Find(map, "atLeast") is null && Find(map, "atLeastPercent") is null:
                mistake(map, "neither 'atLeast' nor 'atLeastPercent'", "one of the two");
                break;
            case CheckKind.KubernetesCount when Find(map, "context") is { } context && check.Kubeconfig is null:
                mistake(context, "'context' alone", "'kubeconfig' beside it");
                break;
            case CheckKind.Http when Find(map, "certificateKey") is { } key && check.Certificate is null:
                mistake(key, "'certificateKey' alone", "'certificate' beside it");
                break;
            case CheckKind.Sql when Find(map, "password") is { } password && check.User is null:
                mistake(password, "'password' alone", "'user' beside it");
                break;
        }
    }

    private static YamlTree? Find(YamlMap map, string key) => map.Entries.FirstOrDefault(entry => entry.Key.Text == key)?.Value;
}
