using DrPowerShell.Core.Configuration;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>The manifest of a static pod that runs etcd, such as kubeadm's /etc/kubernetes/manifests/etcd.yaml.</summary>
internal sealed class PodText
{
    private static readonly string[] Lists = ["command", "args"];

    private readonly YamlText _yaml;
    private readonly List<(YamlList List, YamlScalar Scalar)> _items = [];
    private readonly List<string> _words = [];
    private readonly Dictionary<string, (string? Value, YamlEntry? Entry, YamlTree At)> _environment = new(StringComparer.Ordinal);
    private readonly List<(string Inner, string Host)> _mounts = [];
    private readonly List<FlagWord> _flags;

    /// <param name="yaml">The manifest.</param>
    /// <param name="hostName">What the machine calls itself: the node's name, where a variable takes it.</param>
    public PodText(YamlText yaml, string hostName)
    {
        _yaml = yaml;
        var root = yaml.Root as YamlMap ?? throw yaml.Refuse(yaml.Root, "it is no manifest of a pod.");
        var spec = Find(root, "spec") as YamlMap ?? throw yaml.Refuse(root, "it has no spec.");
        var containers = (Find(spec, "containers") as YamlList)?.Items.OfType<YamlMap>().ToArray() ?? [];
        var container = containers.FirstOrDefault(one => Calls(one)) ?? containers.FirstOrDefault(one => Text(one, "name") == "etcd")
            ?? throw yaml.Refuse(spec, "none of its containers runs etcd.");
        ReadEnvironment(container, hostName);
        ReadMounts(spec, container);
        foreach (var key in Lists)
        {
            foreach (var item in (Find(container, key) as YamlList)?.Items ?? [])
            {
                var scalar = item as YamlScalar ?? throw yaml.Refuse(item, $"an item of {key} is no text.");
                _items.Add(((YamlList)Find(container, key)!, scalar));
                _words.Add(Filled(scalar.Text));
            }
        }

        // Without a command the image's own runs, and all items are its flags.
        var first = FlagWords.FirstFlag(_words);
        if (first < 0 && _words is [['-', ..], ..])
        {
            first = 0;
        }

        if (first < 0)
        {
            throw yaml.Refuse(container, "its command does not call etcd itself.");
        }

        _flags = [.. FlagWords.Read(_words, first)];
    }

    public YamlText Yaml => _yaml;

    /// <summary>The flags, the last of several strongest.</summary>
    public IEnumerable<Setting> Flags() => _flags.Select(flag => new Setting(flag.Name, flag.Value, _yaml.Origin(MemberConfigurationKind.PodManifest, _items[flag.ValueWord].Scalar)));

    /// <summary>etcd's variables.</summary>
    public IEnumerable<Setting> Variables() =>
        from variable in _environment
        let flag = EtcdSettings.Flag(variable.Key)
        where flag is not null
        select new Setting(flag, variable.Value.Value ?? throw _yaml.Refuse(variable.Value.At, $"what {variable.Key} takes its value from is not known here."),
            _yaml.Origin(MemberConfigurationKind.PodManifest, variable.Value.At));

    /// <summary>The host's path of a path in the container; null where it is not the host's.</summary>
    public string? OnHost(string path) => Translate(path, _mounts.Select(mount => (mount.Inner, mount.Host)));

    /// <summary>The container's path of a host's path; null where it is not mounted.</summary>
    public string? InContainer(string path) => Translate(path, _mounts.Select(mount => (mount.Host, mount.Inner)));

    /// <summary>The manifest with these flags set; where a variable stands for one, the variable.</summary>
    public byte[] With(IReadOnlyDictionary<string, string> flags)
    {
        foreach (var (flag, value) in flags)
        {
            var old = _flags.FindLast(one => one.Name == flag);
            if (old is not null)
            {
                _yaml.Exchange(_items[old.ValueWord].Scalar, old.Word == old.ValueWord ? $"--{flag}={value}" : value);
            }
            else if (_environment.TryGetValue(EtcdSettings.Variable(flag), out var variable))
            {
                _yaml.Exchange(variable.Entry ?? throw _yaml.Refuse(variable.At, "its value is not written here."), value);
            }
            else
            {
                _yaml.Append(_items[^1].List, $"--{flag}={value}");
            }
        }

        return _yaml.Write();
    }

    private static bool Calls(YamlMap container) => Lists
        .SelectMany(key => (Find(container, key) as YamlList)?.Items.OfType<YamlScalar>() ?? [])
        .FirstOrDefault() is { } program && program.Text[(program.Text.LastIndexOf('/') + 1)..] == "etcd";

    private static string? Translate(string path, IEnumerable<(string From, string To)> mounts)
    {
        foreach (var (from, to) in mounts.Where(one => path == one.From || path.StartsWith(one.From.TrimEnd('/') + "/", StringComparison.Ordinal)).OrderByDescending(one => one.From.Length))
        {
            return (to.TrimEnd('/') + path[Math.Min(path.Length, from.TrimEnd('/').Length)..]) is { Length: > 0 } found ? found : "/";
        }

        return null;
    }

    private static YamlTree? Find(YamlMap map, string key) => map.Entries.FirstOrDefault(entry => entry.Key.Text == key)?.Value;

    private static string? Text(YamlMap map, string key) => (Find(map, key) as YamlScalar)?.Text;

    private void ReadEnvironment(YamlMap container, string hostName)
    {
        foreach (var one in (Find(container, "env") as YamlList)?.Items.OfType<YamlMap>() ?? [])
        {
            var source = (Find(one, "valueFrom") as YamlMap is { } from ? Find(from, "fieldRef") : null) as YamlMap;
            var value = Find(one, "value") is YamlScalar scalar ? Filled(scalar.Text)
                : Find(one, "valueFrom") is null ? ""
                : source is not null && Text(source, "fieldPath") == "spec.nodeName" ? hostName.ToLowerInvariant()
                : null;
            _environment[Text(one, "name") ?? ""] = (value, one.Entries.FirstOrDefault(entry => entry.Key.Text == "value"), one);
        }
    }

    private void ReadMounts(YamlMap spec, YamlMap container)
    {
        var volumes = ((Find(spec, "volumes") as YamlList)?.Items.OfType<YamlMap>() ?? [])
            .Select(one => (Name: Text(one, "name"), Path: Find(one, "hostPath") is YamlMap host ? Text(host, "path") : null))
            .Where(one => one is { Name: not null, Path: not null }).ToDictionary(one => one.Name!, one => one.Path!, StringComparer.Ordinal);
        foreach (var mount in (Find(container, "volumeMounts") as YamlList)?.Items.OfType<YamlMap>() ?? [])
        {
            if (Text(mount, "mountPath") is { } inner && Text(mount, "name") is { } name && volumes.TryGetValue(name, out var path))
            {
                _mounts.Add((inner, Text(mount, "subPath") is { } below ? path.TrimEnd('/') + "/" + below : path));
            }
        }
    }

    // Kubernetes fills in $(NAME) where it knows the name, and leaves it as it is where not.
    private string Filled(string text)
    {
        foreach (var (name, variable) in _environment)
        {
            text = variable.Value is { } value ? text.Replace($"$({name})", value, StringComparison.Ordinal) : text;
        }

        return text;
    }
}
