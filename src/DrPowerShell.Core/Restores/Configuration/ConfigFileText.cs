using DrPowerShell.Core.Configuration;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>etcd's own configuration file (etcd.conf.yml.sample): YAML or JSON whose keys are named as the flags are.</summary>
internal sealed class ConfigFileText
{
    // Keys of the two sections, by the flags that they stand for.
    private static readonly (string Section, string Prefix)[] Tls = [("client-transport-security", ""), ("peer-transport-security", "peer-")];

    private readonly YamlText _yaml;
    private readonly YamlMap? _root;

    public ConfigFileText(YamlText yaml)
    {
        _yaml = yaml;
        _root = yaml.Root switch
        {
            YamlMap map => map,
            YamlScalar { IsNull: true } => null,
            var other => throw yaml.Refuse(other, "it is no mapping, as etcd's configuration file must be."),
        };
    }

    public YamlText Yaml => _yaml;

    /// <summary>All that is set.</summary>
    public IEnumerable<Setting> Settings()
    {
        foreach (var (key, value) in _root?.Entries ?? [])
        {
            if (Tls.FirstOrDefault(one => IsKey(key, one.Section)) is { Section: not null } tls)
            {
                foreach (var (inner, file) in (value as YamlMap)?.Entries ?? [])
                {
                    if (Text(file) is { } text)
                    {
                        yield return new Setting(tls.Prefix + inner.Text, text, _yaml.Origin(MemberConfigurationKind.ConfigFile, file));
                    }
                }
            }
            else if (Text(value) is { } text)
            {
                // etcd reads its file as JSON, and Go's JSON takes keys in any case.
                yield return new Setting(key.Text.ToLowerInvariant(), text, _yaml.Origin(MemberConfigurationKind.ConfigFile, value));
            }
        }
    }

    /// <summary>The file with these flags set.</summary>
    public byte[] With(IReadOnlyDictionary<string, string> flags)
    {
        foreach (var (flag, value) in flags)
        {
            if (_root?.Entries.FirstOrDefault(entry => IsKey(entry.Key, flag)) is { } entry)
            {
                _yaml.Exchange(entry, value);
            }
            else
            {
                _yaml.Append(flag, value);
            }
        }

        return _yaml.Write();
    }

    private static bool IsKey(YamlScalar key, string name) => string.Equals(key.Text, name, StringComparison.OrdinalIgnoreCase);

    private static string? Text(YamlTree value) => value switch
    {
        YamlScalar { IsNull: true } => null,
        YamlScalar scalar => scalar.Text,
        YamlList list => string.Join(',', list.Items.OfType<YamlScalar>().Select(item => item.Text)),
        _ => null,
    };
}
