using System.Globalization;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Gets a backup or a file ready to be restored from: fetched, verified to Full, fit for the members' etcd.</summary>
internal sealed class FetchSourceStep(RestoreScope scope) : RunbookStep
{
    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var source = await RestoreImage.FetchAsync(scope, context, cancellationToken).ConfigureAwait(false);
        context.Text = string.Create(CultureInfo.InvariantCulture, $"verified Full: revision {source.Revision:N0}, {source.Size / (1 << 20):N0} MB");
    }

    protected internal override Task UndoAsync(StepContext context, CancellationToken cancellationToken) => RestoreImage.DiscardAsync(scope, context);
}

/// <summary>Takes a last snapshot of a member that still answers, now that nothing writes.</summary>
internal sealed class ProtectStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Scope.World.KeepFolder(context.Run), $"last-{Member.Name}.db");

        // One that an attempt before has taken stays until there is a newer one: the member may not answer any more.
        var taking = path + ".new";
        File.Delete(taking);
        var cluster = await Scope.ConnectAsync(cancellationToken, Member).ConfigureAwait(false);
        await using var end = cluster.ConfigureAwait(false);
        var options = new SnapshotBackupOptions { Path = taking, Level = VerificationLevel.Full, ClusterName = Scope.Plan.Cluster };
        var snapshot = await new SnapshotBackup().RunAsync(cluster, options, null, null, cancellationToken).ConfigureAwait(false);
        File.Move(taking, path, overwrite: true);
        var taken = new TakenSource(path, snapshot.Digest ?? "", snapshot.Revision, snapshot.Size, snapshot.Created, SkipDigest: false);
        await context.RecordAsync(RestoreImage.LastFact, taken, cancellationToken).ConfigureAwait(false);
        if (Scope.Plan.Source is { Kind: RestoreSourceKind.Survivor })
        {
            await context.RecordAsync(RestoreImage.SourceFact, taken, cancellationToken).ConfigureAwait(false);
        }

        context.Text = string.Create(CultureInfo.InvariantCulture, $"revision {snapshot.Revision:N0} of {Member.Name}, kept at {path}");
    }
}

/// <summary>Copies the database of a stopped member and verifies it to Full.</summary>
internal sealed class TakeSourceStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var source = await RestoreImage.TakeAsync(Scope, Member, context, cancellationToken).ConfigureAwait(false);
        context.Text = string.Create(CultureInfo.InvariantCulture, $"verified Full: revision {source.Revision:N0}, {source.Size / (1 << 20):N0} MB");
    }

    protected internal override Task UndoAsync(StepContext context, CancellationToken cancellationToken) => RestoreImage.DiscardAsync(Scope, context);
}

/// <summary>Builds the data directories of all members from one read.</summary>
internal sealed class BuildStep(RestoreScope scope) : RunbookStep
{
    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var restored = await RestoreImage.BuildAsync(scope, context, again: false, cancellationToken).ConfigureAwait(false);
        await context.RecordAsync(RestoreImage.RestoredFact, restored, cancellationToken).ConfigureAwait(false);
        context.Text = string.Create(
            CultureInfo.InvariantCulture, $"cluster {restored[0].ClusterId}, revision {restored[0].Revision:N0}{(restored[0].RevisionBump > 0 ? $" (raised by {restored[0].RevisionBump:N0})" : "")}");
    }

    // What is built where it is needed lies on a member's own disk, whether it was finished or not.
    protected internal override async Task UndoAsync(StepContext context, CancellationToken cancellationToken)
    {
        await RestoreImage.DiscardAsync(scope, context).ConfigureAwait(false);
        foreach (var member in scope.Plan.Members)
        {
            if (scope.Host(member).IsLocal && await RestoreImage.IsBuiltInPlaceAsync(scope, member, cancellationToken).ConfigureAwait(false))
            {
                await RestoreImage.RemoveStagedAsync(scope, context, member, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}

/// <summary>Reads one of the built images to its end and computes the hash that the members must answer with.</summary>
internal sealed class ProveImageStep(RestoreScope scope) : RunbookStep
{
    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var first = scope.Plan.Members[0];
        var isInPlace = await RestoreImage.IsBuiltInPlaceAsync(scope, first, cancellationToken).ConfigureAwait(false);
        if (!isInPlace)
        {
            await RestoreImage.EnsureBuiltAsync(scope, context, first, cancellationToken).ConfigureAwait(false);
        }

        var folder = RestoreImage.Folder(scope, context, first, isInPlace);
        var result = await new SnapshotVerifier(context.Time)
            .VerifyAsync(Path.Combine(folder, "member", "snap", "db"), VerificationLevel.Full, null, cancellationToken).ConfigureAwait(false);
        if (!result.IsValid || result.HashKvAfterBoot is not { } hash)
        {
            throw new RestoredClusterNotHealthyException(scope.Plan.Cluster, string.Join(" ", result.Findings.Select(finding => finding.Text)));
        }

        var status = result.Status!;
        await context.RecordAsync(RestoreImage.HashFact, new ExpectedHash(hash, status.Revision, status.ScheduledCompactRevision, status.TotalKeyV36 ?? status.TotalKeyV35), cancellationToken)
            .ConfigureAwait(false);
        context.Text = string.Create(CultureInfo.InvariantCulture, $"structure and order sound; HashKV {hash:x8} expected at revision {status.Revision:N0}");
    }
}

/// <summary>A source as a file of this machine.</summary>
/// <param name="Path">The file.</param>
/// <param name="Sha256">Of the file, in lowercase hex.</param>
/// <param name="Revision">Its main revision.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Taken">The moment up to which it holds all that was written, UTC.</param>
/// <param name="SkipDigest">Whether it has no digest of etcd's.</param>
/// <param name="Modified">When the file was last written, as it was verified; null where the run itself has made it.</param>
internal sealed record TakenSource(string Path, string Sha256, long Revision, long Size, DateTimeOffset Taken, bool SkipDigest, DateTimeOffset? Modified = null);

/// <summary>What the members must answer with.</summary>
internal sealed record ExpectedHash(uint HashKv, long Revision, long ScheduledCompactRevision, long Keys);
