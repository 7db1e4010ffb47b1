using System.Runtime.CompilerServices;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Services;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Restores.Impact;

/// <summary>
/// The data of a down cluster's members, as folders of this machine, for as long as it is needed: read in place where that can be, else
/// databases and logs copied from their hosts into a folder for this user alone.
/// </summary>
public sealed class FetchedMembers : IDisposable
{
    private readonly List<SnapshotSpool> _spools = [];
    private readonly List<string> _directories = [];
    private readonly List<ImpactFinding> _findings = [];

    private FetchedMembers()
    {
    }

    /// <summary>For <see cref="PresentState.Of(IReadOnlyList{string})"/>; what was copied goes with this object.</summary>
    public IReadOnlyList<string> Directories => _directories;

    /// <summary>Which members could not be read, and why.</summary>
    public IReadOnlyList<ImpactFinding> Findings => _findings;

    /// <summary>Looks at every member on its host and gets the data of those that are down; one that runs is left out, with a finding.</summary>
    /// <param name="members">The members, as the estate has them.</param>
    /// <param name="world">How their hosts are reached.</param>
    /// <param name="spoolDirectory">Where copies are put; null for the machine's folder for temporary files.</param>
    /// <param name="steps">Told of each step.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="RecoveryException">No member's data can be had: the first one's own error.</exception>
    public static async Task<FetchedMembers> FetchAsync(
        IReadOnlyDictionary<string, MemberSection> members, IRestoreWorld world, string? spoolDirectory, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        var fetched = new FetchedMembers();
        RecoveryException? first = null;
        try
        {
            foreach (var (name, section) in members.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                steps?.Report($"Looking at {name} on {section.Host}.");
                try
                {
                    await fetched.AddAsync(name, section, world, spoolDirectory, steps, cancellationToken).ConfigureAwait(false);
                }
                catch (RecoveryException e)
                {
                    first ??= e;
                    fetched.Leave(name, e.Message);
                }
            }

            return fetched._directories.Count > 0 ? fetched : throw first ?? new NoMemberDataException([.. fetched._findings.Select(f => f.Text)]);
        }
        catch
        {
            fetched.Dispose();
            throw;
        }
    }

    /// <summary>Gets the data of a plan's members that are down, one after the other, the one that was written last first; those that cannot be read are left out.</summary>
    internal static async IAsyncEnumerable<FetchedMembers> FetchEachAsync(
        IReadOnlyList<RestoreMember> members, IRestoreWorld world, string? spoolDirectory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var looked = new List<AssessedMember>();
        foreach (var member in members)
        {
            try
            {
                looked.Add(await MemberAssessor.LookAsync(world, member, cancellationToken).ConfigureAwait(false));
            }
            catch (RecoveryException)
            {
                // The next one may answer.
            }
        }

        foreach (var member in looked.Where(member => member.Database is not null).OrderByDescending(member => member.LastWrite))
        {
            var fetched = new FetchedMembers();
            try
            {
                await fetched.AddAsync(member, world, spoolDirectory, null, cancellationToken).ConfigureAwait(false);
            }
            catch (RecoveryException)
            {
                // Another one may be there to be read.
            }
            catch
            {
                fetched.Dispose();
                throw;
            }

            if (fetched._directories.Count > 0)
            {
                yield return fetched;
            }
            else
            {
                fetched.Dispose();
            }
        }
    }

    public void Dispose() => _spools.ForEach(spool => spool.Dispose());

    private void Leave(string member, string why) => _findings.Add(new(FindingSeverity.Warning, "MemberNotRead", $"{member} was left out: {why}"));

    private async Task AddAsync(
        string name, MemberSection section, IRestoreWorld world, string? spoolDirectory, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        await AddAsync(await new MemberAssessor(world).AssessAsync(name, section, keepsName: false, cancellationToken).ConfigureAwait(false), world, spoolDirectory, steps, cancellationToken).ConfigureAwait(false);
    }

    private async Task AddAsync(AssessedMember assessed, IRestoreWorld world, string? spoolDirectory, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        var name = assessed.Member.Name;
        if (assessed.State.Activity != ServiceActivity.Down)
        {
            // A copy taken while etcd writes would be of no single moment.
            Leave(name, $"it is not down ({assessed.State.Evidence}), and its database is not read while it may change.");
            return;
        }

        if (assessed.Database is not { } database)
        {
            Leave(name, "it holds no database.");
            return;
        }

        var host = world.Host(assessed.Member.Host);
        var data = assessed.Member.DataDirectory.TrimEnd('/');
        if (host.IsLocal && StoppedDatabase.CanRead(database.Path))
        {
            _directories.Add(data);
            return;
        }

        if (!BoltDatabase.HasMeta(await host.ReadHeadAsync(database.Path, BoltDatabase.HeadLength, cancellationToken).ConfigureAwait(false)))
        {
            // A copy of gigabytes takes its time, and this one could not be read.
            Leave(name, "neither of its database's meta pages can be read: it is damaged.");
            return;
        }

        steps?.Report($"Copying the database of {name} from {host.Name}.");
        var offset = (await host.GetFactsAsync(cancellationToken).ConfigureAwait(false)).ClockOffset;
        HostEntry[] files = [database, .. (await host.ListAsync($"{data}/member/wal", cancellationToken).ConfigureAwait(false)).Where(f => f.Name.EndsWith(".wal", StringComparison.Ordinal))];
        var spool = SnapshotSpool.Create(spoolDirectory, files.Sum(file => file.Size));
        _spools.Add(spool);
        foreach (var file in files)
        {
            var folder = Directory.CreateDirectory(Path.Combine(spool.Folder, "member", file == database ? "snap" : "wal"));
            var target = Path.Combine(folder.FullName, file.Name);
            await host.DownloadAsync(file.Path, target, null, cancellationToken).ConfigureAwait(false);
            // The time of the last write is evidence: by our clock, as everything else is.
            File.SetLastWriteTimeUtc(target, (file.Modified - offset).UtcDateTime);
        }

        _directories.Add(spool.Folder);
    }
}

/// <summary>None of a cluster's members has data that can be read.</summary>
public sealed class NoMemberDataException(IReadOnlyList<string> reasons) : RecoveryException(
    FailureKind.InvalidState,
    null,
    $"No member's data can be read. {string.Join(" ", reasons)}",
    "Compare with the live cluster where members run; else give copies of their data directories with -DataDirectory, or use -FromManifest.");
