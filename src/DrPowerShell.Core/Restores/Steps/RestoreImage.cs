using System.Globalization;
using System.Security.Cryptography;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>The source of a restore and the data directories that are built from it, on the machine that runs the restore.</summary>
/// <remarks>Whatever is missing is made again: a run may be resumed on another machine, or after this one's temporary files are gone.</remarks>
internal static class RestoreImage
{
    public const string SourceFact = "source";
    public const string LastFact = "last-snapshot";
    public const string RestoredFact = "restored";
    public const string HashFact = "expected-hash";

    private static readonly SemaphoreSlim Counting = new(1);

    /// <summary>Fetches the backup or opens the file that the plan names, and verifies it to Full.</summary>
    public static async Task<TakenSource> FetchAsync(RestoreScope scope, StepContext context, CancellationToken cancellationToken)
    {
        var source = scope.Plan.Source!;
        var path = source.Name!;
        if (source.Kind == RestoreSourceKind.Backup)
        {
            path = Path.Combine(scope.World.WorkFolder(context.Run), "source.db");
            File.Delete(path);
            var progress = new StepProgress(context, $"fetching {source.Name}", source.Size);
            await scope.World.FetchAsync(source.Repository!, source.Name!, path, progress, cancellationToken).ConfigureAwait(false);
        }

        return await VerifiedAsync(scope, context, path, source.Sha256, source.Taken, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Copies the database of a stopped member, and verifies it to Full.</summary>
    public static async Task<TakenSource> TakeAsync(RestoreScope scope, RestoreMember member, StepContext context, CancellationToken cancellationToken)
    {
        var path = Path.Combine(scope.World.WorkFolder(context.Run), "source.db");
        File.Delete(path);
        var database = $"{member.DataDirectory.TrimEnd('/')}/member/snap/db";
        var host = scope.Host(member);
        // Once this run has parked it, what lies in its place is new.
        var entry = await host.FindAsync($"{member.Parked(context.Run)}{(member.IsMountPoint ? "" : "/member")}/snap/db", cancellationToken).ConfigureAwait(false)
            ?? await host.FindAsync(database, cancellationToken).ConfigureAwait(false)
            ?? throw new HostChangedException(member.Host, $"{database} is gone.");
        await host.DownloadAsync(entry.Path, path, new StepProgress(context, $"copying {entry.Path}", entry.Size), cancellationToken).ConfigureAwait(false);
        return await VerifiedAsync(scope, context, path, scope.Plan.Source!.Sha256, entry.Modified, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Builds the data directories: in place where the machine is this one, else in the work folder.</summary>
    /// <param name="scope">The restore.</param>
    /// <param name="context">The step.</param>
    /// <param name="again">Only what is copied to other machines: what was built in place has its owner by now, or has been moved in.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<RestoredMember>> BuildAsync(RestoreScope scope, StepContext context, bool again, CancellationToken cancellationToken)
    {
        var source = await SourceAsync(scope, context, cancellationToken).ConfigureAwait(false);
        var targets = new List<RestoreTarget>();
        var areCopied = true;
        foreach (var member in scope.Plan.Members)
        {
            var isInPlace = await IsBuiltInPlaceAsync(scope, member, cancellationToken).ConfigureAwait(false);
            if (isInPlace && again)
            {
                continue;
            }

            areCopied &= !isInPlace;
            var folder = Folder(scope, context, member, isInPlace);
            if (Directory.Exists(folder))
            {
                // Of an attempt that was cut off: its name is this run's own.
                Directory.Delete(folder, recursive: true);
            }

            targets.Add(new RestoreTarget(member.Name, folder));
        }

        var options = new RestoreOptions
        {
            Topology = ClusterTopology.Parse(scope.Plan.InitialCluster, scope.Token(context)),
            Targets = targets,
            LinksDatabases = areCopied,
            RevisionBump = Bump(scope.Plan, source.Revision),
            SkipDigest = source.SkipDigest,
            ClearAlarms = true,
            ClearDowngrade = true,
            TargetVersion = Version.TryParse(scope.Plan.TargetVersion, out var version) ? version : null,
        };
        var restored = await new SnapshotRestorer(timeProvider: context.Time)
            .RestoreAsync(source.Path, options, new StepProgress(context, "building data directories", source.Size), cancellationToken).ConfigureAwait(false);
        RequireUnchanged(scope, source);
        return restored;
    }

    /// <summary>Builds what is copied to other machines once more, where it is gone: another machine built it, or this one's temporary files were removed.</summary>
    public static async Task EnsureBuiltAsync(RestoreScope scope, StepContext context, RestoreMember member, CancellationToken cancellationToken)
    {
        var folder = Folder(scope, context, member, inPlace: false);
        if (Directory.Exists(folder))
        {
            return;
        }

        var gate = RebuildGate.Of(scope);
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!Directory.Exists(folder))
            {
                await BuildAsync(scope, context, again: true, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Where a member's new data directory is built.</summary>
    public static string Folder(RestoreScope scope, StepContext context, RestoreMember member, bool inPlace) =>
        inPlace ? member.Staged(context.Run) : Path.Combine(scope.World.WorkFolder(context.Run), "members", member.Name);

    /// <summary>Whether it can be built where it is needed: on this machine, by this user, without a copy.</summary>
    public static async Task<bool> IsBuiltInPlaceAsync(RestoreScope scope, RestoreMember member, CancellationToken cancellationToken)
    {
        var host = scope.Host(member);
        return host.IsLocal && string.Equals((await host.GetFactsAsync(cancellationToken).ConfigureAwait(false)).User, Environment.UserName, StringComparison.Ordinal);
    }

    /// <summary>Removes what was fetched and built on this machine.</summary>
    public static Task DiscardAsync(RestoreScope scope, StepContext context)
    {
        var folder = scope.World.WorkFolder(context.Run);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        return Task.CompletedTask;
    }

    /// <summary>Removes a member's new data directory that is not moved in yet, and what a process left beside it that died while it built or sent it.</summary>
    public static async Task RemoveStagedAsync(RestoreScope scope, StepContext context, RestoreMember member, CancellationToken cancellationToken)
    {
        var (host, staged) = (scope.Host(member), member.Staged(context.Run));
        var (parent, name) = (RestoreMember.ParentOf(staged), staged[(staged.LastIndexOf('/') + 1)..]);
        await host.RemoveAsync(staged, cancellationToken).ConfigureAwait(false);
        foreach (var entry in await host.ListAsync(parent, cancellationToken).ConfigureAwait(false))
        {
            // Their names hold this run's id: nobody else's.
            if (entry.Name.StartsWith($".{name}.", StringComparison.Ordinal))
            {
                await host.RemoveAsync(entry.Path, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>How many keys with a prefix the source holds; null where it cannot be read any more.</summary>
    public static async Task<long?> CountAsync(RestoreScope scope, StepContext context, string prefix, CancellationToken cancellationToken)
    {
        if (scope.Plan.Source is null)
        {
            return null;
        }

        // On another machine it is fetched first, and by one of those who ask side by side.
        await Counting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var source = await SourceAsync(scope, context, cancellationToken).ConfigureAwait(false);
            using var reader = SnapshotKeyReader.Open(source.Path);
            return reader.Read(EtcdKeyRange.Prefix(prefix), cancellationToken: cancellationToken).LongCount();
        }
        catch (RestoreSourceChangedException)
        {
            return null;
        }
        finally
        {
            Counting.Release();
        }
    }

    private static async Task<TakenSource> SourceAsync(RestoreScope scope, StepContext context, CancellationToken cancellationToken)
    {
        if (context.Facts.Find<TakenSource>(SourceFact) is { } known && File.Exists(known.Path) && IsUnchanged(known))
        {
            return known;
        }

        return scope.Plan.Source!.Kind switch
        {
            RestoreSourceKind.Backup or RestoreSourceKind.File => await FetchAsync(scope, context, cancellationToken).ConfigureAwait(false),
            RestoreSourceKind.StoppedMember => await TakeAsync(scope, scope.Plan.OldMember(scope.Plan.Source.Member!), context, cancellationToken).ConfigureAwait(false),
            _ => throw new RestoreSourceChangedException(scope.Plan.Source.ToString(), "the snapshot that was taken before the members were stopped", "nothing: it lies on the machine that took it"),
        };
    }

    // A file that was named may be written anew by whoever made it, at any time: what was verified and approved is what must be restored.
    private static void RequireUnchanged(RestoreScope scope, TakenSource source)
    {
        if (!IsUnchanged(source))
        {
            throw new RestoreSourceChangedException(scope.Plan.Source!.ToString(), source.Sha256, "another file, which was put there while it was read");
        }
    }

    private static bool IsUnchanged(TakenSource source) =>
        source.Modified is not { } modified || (File.GetLastWriteTimeUtc(source.Path) == modified.UtcDateTime && new FileInfo(source.Path).Length == source.Size);

    private static async Task<TakenSource> VerifiedAsync(
        RestoreScope scope, StepContext context, string path, string? expected, DateTimeOffset? taken, CancellationToken cancellationToken)
    {
        var modified = new DateTimeOffset(File.GetLastWriteTimeUtc(path));
        using var source = FileByteSource.Open(path);
        context.Report("verifying");
        var hasDigest = SnapshotVerifier.HasDigest(source.Length);
        var result = await new SnapshotVerifier(context.Time).VerifyAsync(source, VerificationLevel.Full, null, cancellationToken).ConfigureAwait(false);
        if (!result.IsValid)
        {
            throw new SnapshotDamagedException(path, result.Findings[0].Code, null, string.Join(" ", result.Findings.Select(finding => finding.Text)));
        }

        var digest = result.FileSha256 ?? await DigestAsync(path, cancellationToken).ConfigureAwait(false);
        if (expected is not null && !string.Equals(expected, digest, StringComparison.OrdinalIgnoreCase))
        {
            throw new RestoreSourceChangedException(scope.Plan.Source!.ToString(), expected, digest);
        }

        var made = new TakenSource(path, digest, result.Status!.Revision, result.Size, taken ?? modified, SkipDigest: !hasDigest, modified);
        await context.RecordAsync(SourceFact, made, cancellationToken).ConfigureAwait(false);
        return made;
    }

    private static async Task<string> DigestAsync(string path, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await using var close = file.ConfigureAwait(false);
        return Convert.ToHexString(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false)).ToLowerInvariant();
    }

    private static long Bump(RestorePlan plan, long revision) => plan.BumpRevision switch
    {
        "Auto" => RevisionBump.Auto(revision, plan.NewestRevision),
        var number => long.Parse(number, CultureInfo.InvariantCulture),
    };
}

/// <summary>Shows bytes done as the progress of a step.</summary>
internal sealed class StepProgress(StepContext context, string what, long total) : IProgress<long>
{
    public void Report(long value) => context.Report(
        string.Create(CultureInfo.InvariantCulture, $"{what} {value / (1 << 20):N0} of {total / (1 << 20):N0} MB"), total > 0 ? Math.Min(1.0, (double)value / total) : null);
}
