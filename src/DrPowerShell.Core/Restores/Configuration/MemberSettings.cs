using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Restores.Configuration.Errors;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>Makes a member's configuration from what its texts say, and from what the estate says first.</summary>
internal static class MemberSettings
{
    public static MemberConfiguration Resolve(MemberTexts texts, MemberSection? section, IReadOnlyList<MemberConfigurationSource> sources)
    {
        var settings = texts.Settings();
        string Value(string flag) => settings.TryGetValue(flag, out var setting) ? setting.Value : EtcdSettings.Default(flag);
        string? File(string flag) => settings.TryGetValue(flag, out var setting) && setting.Value.Length > 0 ? texts.OnHost(setting.Value) ?? setting.Value : null;

        var name = Value(EtcdSettings.Name);
        return new MemberConfiguration
        {
            Host = texts.Host,
            Name = name,
            DataDirectory = section?.DataDirectory?.TrimEnd('/') ?? DataDirectory(texts, settings, name),
            WalDirectory = File(EtcdSettings.WalDirectory),
            ListenClientUrls = Urls(texts.Host, settings, EtcdSettings.ListenClientUrls),
            AdvertiseClientUrls = section is { ClientUrls.Count: > 0 } ? section.ClientUrls : Advertised(texts, settings),
            ListenPeerUrls = Urls(texts.Host, settings, EtcdSettings.ListenPeerUrls),
            AdvertisePeerUrls = section is { PeerUrls.Count: > 0 } ? section.PeerUrls : Urls(texts.Host, settings, EtcdSettings.AdvertisePeerUrls),
            InitialCluster = Value(EtcdSettings.InitialCluster),
            InitialClusterState = Value(EtcdSettings.InitialClusterState),
            InitialClusterToken = Value(EtcdSettings.InitialClusterToken),
            ClientTls = new MemberTlsFiles { Certificate = File("cert-file"), Key = File("key-file"), TrustedCa = File("trusted-ca-file") },
            PeerTls = new MemberTlsFiles { Certificate = File("peer-cert-file"), Key = File("peer-key-file"), TrustedCa = File("peer-trusted-ca-file") },
            ForceNewCluster = EtcdSettings.IsTrue(Value(EtcdSettings.ForceNewCluster)),
            User = section?.Owner ?? texts.Unit?.User,
            Group = texts.Unit?.Group,
            Extra = settings.Values.Where(one => !EtcdSettings.Known.Contains(one.Flag)).ToDictionary(one => one.Flag, one => one.Value, StringComparer.Ordinal),
            Origins = settings.Values.ToDictionary(one => one.Flag, one => one.Origin, StringComparer.Ordinal),
            Sources = sources,
            Texts = sources.Count == 0 ? null : texts,
        };
    }

    private static string DataDirectory(MemberTexts texts, Dictionary<string, Setting> settings, string name)
    {
        if (settings.Count == 0)
        {
            throw new MemberConfigurationNotFoundException(texts.Host, texts.Service, "neither a unit, a manifest or a file tells, nor exactly one running etcd.");
        }

        if (!settings.TryGetValue(EtcdSettings.DataDirectory, out var setting) || setting.Value.Length == 0)
        {
            // etcd's own default, below the folder that it is started in.
            return texts.Pod is null ? texts.OnHost(name + ".etcd")! : throw new MemberConfigurationNotReadableException(texts.Host, texts.Pod.Yaml.Path, 0, "no --data-dir is given.");
        }

        return texts.OnHost(setting.Value) ?? throw new MemberConfigurationNotReadableException(
            texts.Host, setting.Origin.Path, setting.Origin.Line, $"the data directory {setting.Value} is on no volume of the host.");
    }

    // With its listening URLs set, etcd asks for these to be set as well.
    private static IReadOnlyList<Uri> Advertised(MemberTexts texts, Dictionary<string, Setting> settings) =>
        !settings.ContainsKey(EtcdSettings.AdvertiseClientUrls) && settings.ContainsKey(EtcdSettings.ListenClientUrls) ? [] : Urls(texts.Host, settings, EtcdSettings.AdvertiseClientUrls);

    private static IReadOnlyList<Uri> Urls(string host, Dictionary<string, Setting> settings, string flag)
    {
        var setting = settings.GetValueOrDefault(flag);
        return [.. (setting?.Value ?? EtcdSettings.Default(flag)).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Read)];

        Uri Read(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url)
            ? url
            : throw new MemberConfigurationNotReadableException(host, setting?.Origin.Path ?? "", setting?.Origin.Line ?? 0, $"'{text}' of {flag} is no URL.");
    }
}
