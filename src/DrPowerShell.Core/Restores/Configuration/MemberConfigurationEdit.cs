using DrPowerShell.Core.Restores.Configuration.Errors;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>Works out which files must change so that a member is set up as wanted. Comments, order and quoting stay; nothing is written.</summary>
/// <remarks>
/// A value is changed where it stands: in etcd's own file, in the manifest, in the file of variables. What stands in a unit is re-stated in a
/// drop-in of our own, <see cref="DropInName"/>, and never changed in the unit itself.
/// </remarks>
public static class MemberConfigurationEdit
{
    /// <summary>The drop-in's file, in <c>/etc/systemd/system/UNIT.d</c>.</summary>
    public const string DropInName = "90-drpowershell-restore.conf";

    /// <summary>The edits that are needed; none where everything is as wanted already.</summary>
    /// <param name="current">As <see cref="MemberConfigurationReader"/> has just read it.</param>
    /// <param name="change">What it is to say.</param>
    /// <exception cref="MemberConfigurationNotReadableException">A value cannot be changed with certainty: tells file and line.</exception>
    /// <exception cref="MemberConfigurationNotFoundException">There is no text that could be changed.</exception>
    public static IReadOnlyList<FileEdit> Plan(MemberConfiguration current, MemberConfigurationChange change)
    {
        var texts = current.Texts ?? throw new MemberConfigurationNotFoundException(current.Host, current.Name, "nothing was read there.");
        var settings = texts.Settings();
        var wanted = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (flag, value) in Values(change))
        {
            var old = settings.TryGetValue(flag, out var setting) ? setting.Value : EtcdSettings.Default(flag);
            if (!EtcdSettings.AreEqual(flag, old, value))
            {
                wanted[flag] = value;
            }
        }

        if (change.DataDirectory is { } directory && OldDirectory(texts, settings) != directory.TrimEnd('/'))
        {
            wanted[EtcdSettings.DataDirectory] = texts.Pod is null ? directory : texts.Pod.InContainer(directory)
                ?? throw new MemberConfigurationNotReadableException(current.Host, texts.Pod.Yaml.Path, 0, $"no volume of the pod holds {directory}.");
        }

        if (settings.TryGetValue(EtcdSettings.ForceNewCluster, out var force) && EtcdSettings.IsTrue(force.Value))
        {
            wanted[EtcdSettings.ForceNewCluster] = "false";
        }

        if (change.InitialCluster is not null)
        {
            // etcd takes one of the two: with both it does not start.
            foreach (var flag in new[] { EtcdSettings.Discovery, EtcdSettings.DiscoverySrv }.Where(flag => settings.TryGetValue(flag, out var one) && one.Value.Length > 0))
            {
                wanted[flag] = "";
            }

            if (settings.TryGetValue(EtcdSettings.DiscoveryEndpoints, out var discovery))
            {
                throw new MemberConfigurationNotReadableException(current.Host, discovery.Origin.Path, discovery.Origin.Line, "the cluster is found by discovery; take that setting out.");
            }
        }

        return texts.With(wanted);
    }

    private static IEnumerable<(string Flag, string Value)> Values(MemberConfigurationChange change)
    {
        (string, string?)[] all =
        [
            (EtcdSettings.Name, change.Name),
            (EtcdSettings.ListenClientUrls, Text(change.ListenClientUrls)),
            (EtcdSettings.AdvertiseClientUrls, Text(change.AdvertiseClientUrls)),
            (EtcdSettings.ListenPeerUrls, Text(change.ListenPeerUrls)),
            (EtcdSettings.AdvertisePeerUrls, Text(change.AdvertisePeerUrls)),
            (EtcdSettings.InitialCluster, change.InitialCluster),
            (EtcdSettings.InitialClusterState, change.InitialClusterState),
            (EtcdSettings.InitialClusterToken, change.InitialClusterToken),
        ];
        return all.Where(one => one.Item2 is not null)!;
    }

    private static string? Text(IReadOnlyList<Uri>? urls) => urls is null ? null : string.Join(',', urls.Select(url => url.ToString().TrimEnd('/')));

    private static string? OldDirectory(MemberTexts texts, Dictionary<string, Setting> settings) =>
        settings.TryGetValue(EtcdSettings.DataDirectory, out var setting) ? texts.OnHost(setting.Value) : null;
}
