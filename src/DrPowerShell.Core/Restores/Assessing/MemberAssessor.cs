using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Restores.Configuration;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Services;

namespace DrPowerShell.Core.Restores.Assessing;

/// <summary>Looks at one member on its machine: its configuration, data directory, owner, mount point and service. Changes nothing.</summary>
internal sealed class MemberAssessor(IRestoreWorld world)
{
    // As etcd makes it.
    private const int DefaultMode = 448;

    /// <param name="name">The estate's name for it.</param>
    /// <param name="section">What the estate says of it.</param>
    /// <param name="keepsName">Whether its etcd must call itself so already: of a new member the configuration is written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<AssessedMember> AssessAsync(string name, MemberSection section, bool keepsName, CancellationToken cancellationToken)
    {
        var host = world.Host(section.Host);
        await host.GetFactsAsync(cancellationToken).ConfigureAwait(false);
        var named = ServiceOf(section, []);
        var configuration = await MemberConfigurationReader.ReadAsync(host, named, section, cancellationToken).ConfigureAwait(false);
        if (configuration.WalDirectory is { Length: > 0 } wal && !wal.StartsWith(configuration.DataDirectory.TrimEnd('/') + "/", StringComparison.Ordinal))
        {
            throw new MemberNotRestorableException(
                name, $"its WAL has a folder of its own ({wal}), which is not supported.", "Restore this member by hand with Restore-EtcdSnapshot, or move the WAL into the data directory.");
        }

        if (keepsName && configuration.Name is not MemberConfiguration.DefaultName && configuration.Name != name)
        {
            throw new MemberNotRestorableException(
                name, $"its etcd calls itself {configuration.Name}, and would not be found in the member list under another name.", $"Give the member the name {configuration.Name} in the estate.");
        }

        var directory = configuration.DataDirectory;
        var entry = await host.FindAsync(directory, cancellationToken).ConfigureAwait(false);
        if (entry is { Kind: not HostEntryKind.Directory })
        {
            throw new MemberNotRestorableException(name, $"{directory} on {section.Host} is no folder but a {entry.Kind}.", "Name the data directory itself in the estate: dataDirectory.");
        }

        var volume = entry is null ? null : await host.GetVolumeAsync(directory, cancellationToken).ConfigureAwait(false);
        var service = ServiceOf(section, PortsOf(configuration, section));
        var member = new RestoreMember
        {
            Name = name,
            Host = section.Host,
            DataDirectory = directory,
            PeerUrls = OneOf(section.PeerUrls, configuration.AdvertisePeerUrls, name, "peerUrls"),
            ClientUrls = OneOf(section.ClientUrls, configuration.AdvertiseClientUrls, name, "clientUrls"),
            Service = service,
            Attributes = entry?.Attributes ?? await AttributesAsync(host, section, configuration, cancellationToken).ConfigureAwait(false),
            IsMountPoint = volume is not null && ReachStep.IsMountPoint(volume, directory),
            HasData = entry is not null && (await host.ListAsync($"{directory.TrimEnd('/')}/member", cancellationToken).ConfigureAwait(false)).Count > 0,
            Configuration = section.Configuration,
        };
        return await LookAsync(world, member, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks at the service of a member that is known, and at what it has written.</summary>
    public static async Task<AssessedMember> LookAsync(IRestoreWorld world, RestoreMember member, CancellationToken cancellationToken)
    {
        var (host, directory) = (world.Host(member.Host), member.DataDirectory);
        var facts = await host.GetFactsAsync(cancellationToken).ConfigureAwait(false);
        var state = await world.Service(member.Service).GetStateAsync(cancellationToken).ConfigureAwait(false);
        var database = await host.FindAsync($"{directory.TrimEnd('/')}/member/snap/db", cancellationToken).ConfigureAwait(false);
        var segments = await host.ListAsync($"{directory.TrimEnd('/')}/member/wal", cancellationToken).ConfigureAwait(false);
        var written = segments.Where(file => file.Name.EndsWith(".wal", StringComparison.Ordinal)).Append(database).Max(file => file?.Modified);
        return new AssessedMember(member, state, database is { Kind: HostEntryKind.File, Size: > 0 } ? database : null, written - facts.ClockOffset);
    }

    // Of a directory that is gone: as the unit would have it. Without a Group= systemd takes the user's own.
    private static async Task<HostFileAttributes> AttributesAsync(IHost host, MemberSection section, MemberConfiguration configuration, CancellationToken cancellationToken)
    {
        var (owner, group) = (section.Owner ?? configuration.User, configuration.Group);
        if (owner is not null && group is null)
        {
            var asked = await host.RunAsync(HostCommand.Of("id", "-gn", "--", owner), cancellationToken).ConfigureAwait(false);
            group = asked.Succeeded ? asked.Output.Trim() : null;
        }

        return new HostFileAttributes(owner, group, DefaultMode, null);
    }

    private static ServiceOptions ServiceOf(MemberSection section, IReadOnlyList<int> ports)
    {
        var service = section.Service ?? new MemberServiceSection();
        return new ServiceOptions
        {
            Name = service.Name,
            Host = section.Host,
            Kind = service.Type,
            Manifest = service.Manifest,
            StartCommand = service.Start,
            StopCommand = service.Stop,
            StatusCommand = service.Status,
            Ports = ports,
        };
    }

    private static IReadOnlyList<Uri> OneOf(IReadOnlyList<Uri> written, IReadOnlyList<Uri> found, string member, string key) =>
        written.Count > 0 ? written
        : found.Count > 0 ? found
        : throw new MemberNotRestorableException(member, "neither the estate nor its configuration tells its URLs.", $"Add {key} to the member in the estate.");

    private static IReadOnlyList<int> PortsOf(MemberConfiguration configuration, MemberSection section)
    {
        var listening = configuration.ListenClientUrls.Concat(configuration.ListenPeerUrls).ToList();
        var urls = listening.Count > 0 ? listening : [.. section.ClientUrls.Concat(section.PeerUrls)];
        return [.. urls.Select(url => url.Port).Distinct().Order()];
    }
}
