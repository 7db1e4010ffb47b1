using DrPowerShell.Core.Restores.Configuration.Errors;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>The texts that set one member up, and what they say together.</summary>
internal sealed class MemberTexts
{
    public required string Host { get; init; }

    /// <summary>What manages the member, for errors.</summary>
    public required string Service { get; init; }

    /// <summary>Where a relative data directory begins.</summary>
    public string WorkingDirectory { get; set; } = "/";

    public ConfigFileText? Config { get; set; }

    public PodText? Pod { get; set; }

    public ServiceUnit? Unit { get; set; }

    /// <summary>Our own drop-in of the unit as it is; null where there is none.</summary>
    public byte[]? DropIn { get; set; }

    /// <summary>Files of variables, the last one strongest.</summary>
    public List<EnvironmentText> Files { get; } = [];

    /// <summary>The flags of the process that runs, where nothing else tells.</summary>
    public List<Setting> Process { get; } = [];

    /// <summary>A variable's value, as etcd or its shell would see it.</summary>
    public string? Variable(string name) => Files.FindLast(file => file.Find(name) is not null)?.Find(name)?.Value
        ?? (Unit?.Environment.TryGetValue(name, out var one) == true ? one.Value : null);

    /// <summary>What counts, by flag. A configuration file puts everything else out of force; a variable that is empty is as none.</summary>
    public Dictionary<string, Setting> Settings()
    {
        var settings = new Dictionary<string, Setting>(StringComparer.Ordinal);
        foreach (var setting in Config is not null ? Config.Settings() : [.. Variables().Where(one => one.Value.Length > 0), .. Flags()])
        {
            settings[setting.Flag] = setting;
        }

        return settings;
    }

    /// <summary>The flags and variables alone, without what a configuration file says.</summary>
    public IEnumerable<Setting> Variables()
    {
        var unit = Unit?.Environment.Select(one => (Flag: EtcdSettings.Flag(one.Key), one.Value)).Where(one => one.Flag is not null).Select(one => new Setting(one.Flag!, one.Value.Value, one.Value.Origin)) ?? [];
        var files = Files.SelectMany(file => file.Assignments.Where(one => EtcdSettings.Flag(one.Name) is not null).Select(one => new Setting(EtcdSettings.Flag(one.Name)!, one.Value, file.Origin(one))));
        return unit.Concat(files).Concat(Pod?.Variables() ?? []);
    }

    public IEnumerable<Setting> Flags() =>
        (Unit is { ExecStart: { } line } ? Unit.Flags.Select(flag => new Setting(flag.Name, flag.Value, line.Origin)) : []).Concat(Pod?.Flags() ?? []).Concat(Process);

    /// <summary>The host's path for a path that etcd is given.</summary>
    public string? OnHost(string path)
    {
        var full = path.StartsWith('/') ? path : WorkingDirectory.TrimEnd('/') + "/" + path;
        full = full.Length > 1 ? full.TrimEnd('/') : full;
        return Pod is null ? full : Pod.OnHost(full);
    }

    /// <summary>The edits that give these flags these values; each is changed where it stands.</summary>
    public IReadOnlyList<FileEdit> With(IReadOnlyDictionary<string, string> flags)
    {
        if (flags.Count == 0)
        {
            return [];
        }

        if (Config is not null)
        {
            return [new FileEdit(Config.Yaml.Path, Config.Yaml.Content, Config.With(flags)) { Kind = MemberConfigurationKind.ConfigFile }];
        }

        if (Pod is not null)
        {
            return [new FileEdit(Pod.Yaml.Path, Pod.Yaml.Content, Pod.With(flags)) { Kind = MemberConfigurationKind.PodManifest }];
        }

        var (inUnit, asFlags) = (new Dictionary<string, string>(StringComparer.Ordinal), new Dictionary<string, string>(StringComparer.Ordinal));
        var inFiles = Files.ToDictionary(file => file, _ => new Dictionary<string, string>(StringComparer.Ordinal));
        foreach (var (flag, value) in flags)
        {
            // etcd refuses to start with a flag and its variable both set, also where one of them is empty: so each stays what it is.
            var variable = EtcdSettings.Variable(flag);
            if (Unit?.Flags.Any(one => one.Name == flag) == true)
            {
                asFlags[flag] = value;
            }
            else if (Files.FindLast(file => file.Find(variable) is not null) is { } file)
            {
                inFiles[file][variable] = value;
            }
            else if (Unit?.Environment.ContainsKey(variable) == true)
            {
                inUnit[variable] = value;
            }
            else if (Unit is { TakesFlags: true } && (Unit.Flags.Count > 0 || !Variables().Any()))
            {
                asFlags[flag] = value;
            }
            else if ((Files.FindLast(one => one.Assignments.Any(assignment => EtcdSettings.Flag(assignment.Name) is not null)) ?? (Unit is null ? Files.LastOrDefault() : null)) is { } own)
            {
                inFiles[own][variable] = value;
            }
            else if (Unit is not null)
            {
                inUnit[variable] = value;
            }
            else
            {
                throw new MemberConfigurationNotFoundException(Host, Service, "only the command line of its process is known, and that cannot be changed.");
            }
        }

        var edits = inFiles.Where(one => one.Value.Count > 0).Select(one => new FileEdit(one.Key.Path, one.Key.Content, one.Key.With(one.Value)) { Kind = MemberConfigurationKind.EnvironmentFile }).ToList();
        if (Unit is not null && inUnit.Count + asFlags.Count > 0)
        {
            var path = UnitDropIn.Path(Host, Unit);
            edits.Add(new FileEdit(path, DropIn, UnitDropIn.Write(path, Unit, inUnit, asFlags)) { Kind = MemberConfigurationKind.SystemdUnit });
        }

        return edits;
    }
}
