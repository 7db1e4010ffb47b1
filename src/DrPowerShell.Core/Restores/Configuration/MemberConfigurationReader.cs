using System.Globalization;
using System.IO.Enumeration;
using System.Text;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Restores.Configuration.Errors;
using DrPowerShell.Core.Services;
using DrPowerShell.Core.Services.Errors;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>Finds out how a member is set up, from its unit, manifest, files and process. Nothing on the host is changed.</summary>
public static class MemberConfigurationReader
{
    /// <summary>Reads what etcd would take if it were started now; what the estate says of the member comes before it.</summary>
    /// <param name="host">The member's machine.</param>
    /// <param name="service">What starts the member there.</param>
    /// <param name="section">What the estate says of the member; null for nothing.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="MemberConfigurationNotFoundException">Nothing tells where its data is.</exception>
    /// <exception cref="MemberConfigurationNotReadableException">It is written in a way that cannot be read with certainty: tells file and line.</exception>
    /// <exception cref="ServiceNotFoundException">The host has no such unit.</exception>
    public static async Task<MemberConfiguration> ReadAsync(IHost host, ServiceOptions service, MemberSection? section, CancellationToken cancellationToken)
    {
        var reading = new Reading(host, service, section, cancellationToken);
        await reading.ReadAsync().ConfigureAwait(false);
        return MemberSettings.Resolve(reading.Texts, section, reading.Sources);
    }

    /// <summary>One member's texts under way.</summary>
    private sealed class Reading(IHost host, ServiceOptions service, MemberSection? section, CancellationToken cancellationToken)
    {
        public MemberTexts Texts { get; } = new() { Host = host.Name, Service = service.Name };

        public List<MemberConfigurationSource> Sources { get; } = [];

        public async Task ReadAsync()
        {
            var facts = await host.GetFactsAsync(cancellationToken).ConfigureAwait(false);
            if (service.Kind == ServiceKind.StaticPod)
            {
                // While the pod is stopped its manifest lies elsewhere: there it is read and there it is edited.
                var stopped = StaticPodService.StoppedManifestOf(service);
                var isStopped = await host.FindAsync(StaticPodService.ManifestOf(service), cancellationToken).ConfigureAwait(false) is null && await host.FindAsync(stopped, cancellationToken).ConfigureAwait(false) is not null;
                var path = isStopped ? stopped : StaticPodService.ManifestOf(service);
                Texts.Pod = new PodText(new YamlText(host.Name, path, await TakeAsync(MemberConfigurationKind.PodManifest, path).ConfigureAwait(false)), facts.HostName);
            }
            else if (service.Kind == ServiceKind.Systemd)
            {
                await ReadUnitAsync(facts).ConfigureAwait(false);
            }

            if (section?.Configuration is { } named)
            {
                await ReadNamedAsync(named).ConfigureAwait(false);
            }

            ExpandUnit();
            if (Texts.Config is null && !Texts.Flags().Concat(Texts.Variables()).Any())
            {
                await ReadProcessAsync().ConfigureAwait(false);
            }

            // etcd looks at the variable only where the flag is missing.
            var file = Texts.Flags().LastOrDefault(one => one.Flag == EtcdSettings.ConfigFile) ?? Texts.Variables().LastOrDefault(one => one.Flag == EtcdSettings.ConfigFile && one.Value.Length > 0);
            if (Texts.Config is null && file is not null)
            {
                var path = Texts.OnHost(file.Value) ?? throw new MemberConfigurationNotReadableException(host.Name, file.Origin.Path, file.Origin.Line, $"{file.Value} is on no volume of the host.");
                Texts.Config = new ConfigFileText(new YamlText(host.Name, path, await TakeAsync(MemberConfigurationKind.ConfigFile, path).ConfigureAwait(false)));
            }
        }

        private async Task ReadUnitAsync(HostFacts facts)
        {
            var unit = SystemdUnit.NameOf(service.Name);
            var printed = await host.RunAsync(HostCommand.Of("systemctl", "cat", "--no-pager", "--", unit), cancellationToken).ConfigureAwait(false);
            if (!printed.Succeeded)
            {
                throw printed.Error.Contains("No files found", StringComparison.Ordinal)
                    ? new ServiceNotFoundException(service, printed.Reason + ".")
                    : new ServiceCommandFailedException(
                        service, "looked up", printed.Reason, $"Log in to {host.Name} as the estate does and try systemctl cat {unit}; where etcd is run by something else, say so under service: in the estate.");
            }

            Texts.Unit = new ServiceUnit(host.Name, new UnitExpansion(unit, facts.HostName), printed.Output);
            Texts.WorkingDirectory = Texts.Unit.WorkingDirectory;
            Sources.Add(new MemberConfigurationSource(MemberConfigurationKind.SystemdUnit, unit, Encoding.UTF8.GetBytes(printed.Output)));
            var dropIn = UnitDropIn.Path(host.Name, Texts.Unit);
            Texts.DropIn = await host.FindAsync(dropIn, cancellationToken).ConfigureAwait(false) is null ? null : await host.ReadAsync(dropIn, cancellationToken).ConfigureAwait(false);
            foreach (var (path, isOptional, origin) in Texts.Unit.EnvironmentFiles)
            {
                var found = await MatchAsync(path).ConfigureAwait(false);
                if (found.Count == 0 && !isOptional)
                {
                    throw new MemberConfigurationNotReadableException(host.Name, origin.Path, origin.Line, $"there is no {path}, and the unit does not start without it.");
                }

                foreach (var one in found)
                {
                    await ReadVariablesAsync(one).ConfigureAwait(false);
                }
            }
        }

        // The estate names either etcd's own file, or a file of variables that the unit or the start command reads.
        private async Task ReadNamedAsync(string path)
        {
            var known = Texts.Files.Find(file => file.Path == path);
            var content = known?.Content ?? await host.ReadAsync(path, cancellationToken).ConfigureAwait(false);
            if (known is null && EnvironmentText.Looks(path, TextBytes.Read(content, host.Name, path)))
            {
                await ReadVariablesAsync(path).ConfigureAwait(false);
            }
            else if (known is null)
            {
                Sources.Add(new MemberConfigurationSource(MemberConfigurationKind.ConfigFile, path, content));
                Texts.Config = new ConfigFileText(new YamlText(host.Name, path, content));
            }
        }

        private void ExpandUnit()
        {
            try
            {
                Texts.Unit?.Expand(Texts.Variable);
            }
            catch (MemberConfigurationNotReadableException) when (section?.Configuration is not null)
            {
                // What the estate names tells enough, and is what gets edited.
            }
        }

        private async Task ReadVariablesAsync(string path)
        {
            var content = await TakeAsync(MemberConfigurationKind.EnvironmentFile, path).ConfigureAwait(false);
            Texts.Files.Add(new EnvironmentText(path, content, TextBytes.Read(content, host.Name, path)));
        }

        private async Task<IReadOnlyList<string>> MatchAsync(string path)
        {
            var slash = path.LastIndexOf('/');
            if (path.AsSpan(slash + 1).IndexOfAny('*', '?') < 0)
            {
                return await host.FindAsync(path, cancellationToken).ConfigureAwait(false) is null ? [] : [path];
            }

            var entries = await host.ListAsync(path[..slash], cancellationToken).ConfigureAwait(false);
            return [.. entries.Where(entry => FileSystemName.MatchesSimpleExpression(path.AsSpan(slash + 1), entry.Name, ignoreCase: false)).Select(entry => entry.Path).Order(StringComparer.Ordinal)];
        }

        private async Task ReadProcessAsync()
        {
            var all = await host.GetProcessesAsync(cancellationToken).ConfigureAwait(false);
            var found = all.Where(IsMember).ToList();
            if (found.Count > 1 && service.Kind == ServiceKind.Systemd)
            {
                var answer = await host.RunAsync(HostCommand.Of("systemctl", "show", "--property=MainPID", "--value", "--", Texts.Unit!.Unit), cancellationToken).ConfigureAwait(false);
                var main = int.TryParse(answer.Output.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
                found.RemoveAll(one => one.Id != main && one.ParentId != main);
            }

            if (found is not [var process])
            {
                return;
            }

            var origin = new SettingOrigin(MemberConfigurationKind.Process, $"process {process.Id}", 0);
            Texts.Process.AddRange(FlagWords.Read(process.Arguments, FlagWords.FirstFlag(process.Arguments)).Select(flag => new Setting(flag.Name, flag.Value, origin)));
            var folder = await host.RunAsync(HostCommand.Of("readlink", $"/proc/{process.Id}/cwd"), cancellationToken).ConfigureAwait(false);
            Texts.WorkingDirectory = folder.Succeeded ? folder.Output.Trim() : Texts.WorkingDirectory;
            Sources.Add(new MemberConfigurationSource(MemberConfigurationKind.Process, origin.Path, Encoding.UTF8.GetBytes(string.Join('\0', process.Arguments))));
        }

        private bool IsMember(HostProcess process) => FlagWords.FirstFlag(process.Arguments) == 1
            && (service.ProcessText is null || process.Arguments.Any(argument => argument.Contains(service.ProcessText, StringComparison.Ordinal)));

        private async Task<byte[]> TakeAsync(MemberConfigurationKind kind, string path)
        {
            var content = await host.ReadAsync(path, cancellationToken).ConfigureAwait(false);
            Sources.Add(new MemberConfigurationSource(kind, path, content));
            return content;
        }
    }
}
