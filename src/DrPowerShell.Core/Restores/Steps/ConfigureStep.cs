using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Restores.Configuration;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Sets what etcd is told at its start: the members, their state, the token. Each old file is kept beside the new one.</summary>
internal sealed class ConfigureStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    /// <summary>Whether it is a member of the cluster as it was that the new one does not have: with its data parked it must not make up a cluster of its own.</summary>
    public bool Retires { get; init; }

    private string Edited => Fact("edited");

    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var current = await MemberConfigurationReader.ReadAsync(Machine, Member.Service, Section(Member), cancellationToken).ConfigureAwait(false);
        var edits = MemberConfigurationEdit.Plan(current, Change(current, context));
        var known = context.Facts.Find<List<EditedFile>>(Edited) ?? [];
        var edited = await WithAsync(known, edits, cancellationToken).ConfigureAwait(false);
        if (edited.Count > known.Count)
        {
            // The list is durable before the first file is touched: an undo after a crash goes by it. What an attempt that was cut off has edited stays in it.
            await context.RecordAsync(Edited, edited, cancellationToken).ConfigureAwait(false);
        }

        foreach (var edit in edits)
        {
            if (edit.OldBytes is not null)
            {
                await Machine.TryCreateAsync(Kept(edit.Path, context), edit.OldBytes, cancellationToken).ConfigureAwait(false);
            }

            await Machine.CreateDirectoryAsync(Folder(edit.Path), null, cancellationToken).ConfigureAwait(false);
            await Machine.WriteAsync(edit.Path, edit.NewBytes, null, cancellationToken).ConfigureAwait(false);
        }

        await ReloadAsync(edited.Exists(file => file.NeedsReload), cancellationToken).ConfigureAwait(false);
        context.Text = edits.Count == 0 ? "it says so already" : string.Join(", ", edits);
    }

    protected internal override async Task UndoAsync(StepContext context, CancellationToken cancellationToken)
    {
        if (context.Facts.Find<List<EditedFile>>(Edited) is not { } edited)
        {
            return;
        }

        foreach (var file in edited)
        {
            if (!file.WasThere)
            {
                await Machine.RemoveAsync(file.Path, cancellationToken).ConfigureAwait(false);
                if (file.MadeFolder)
                {
                    // What somebody else has put there since stays, and the folder with it.
                    await Machine.RunAsync(HostCommand.Of("rmdir", "--", Folder(file.Path)), cancellationToken).ConfigureAwait(false);
                }
            }
            else if (await Machine.FindAsync(Kept(file.Path, context), cancellationToken).ConfigureAwait(false) is { } kept)
            {
                await Machine.WriteAsync(file.Path, await Machine.ReadAsync(kept.Path, cancellationToken).ConfigureAwait(false), null, cancellationToken).ConfigureAwait(false);
                await Machine.RemoveAsync(kept.Path, cancellationToken).ConfigureAwait(false);
            }
        }

        await ReloadAsync(edited.Exists(file => file.NeedsReload), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the reader is told of a member.</summary>
    internal static MemberSection Section(RestoreMember member) => new()
    {
        Host = member.Host,
        DataDirectory = member.DataDirectory,
        Configuration = member.Configuration,
        PeerUrls = member.PeerUrls,
        ClientUrls = member.ClientUrls,
    };

    private MemberConfigurationChange Change(MemberConfiguration current, StepContext context)
    {
        if (Retires)
        {
            return new MemberConfigurationChange { InitialClusterState = "existing" };
        }

        if (Scope.Plan.ReplacedMember is not null)
        {
            return new MemberConfigurationChange { InitialCluster = context.Facts.Get<string>(RejoinStep.ClusterFact), InitialClusterState = "existing" };
        }

        // The data directory says who the members are: a member that found it empty must not make up a cluster of its own.
        var change = new MemberConfigurationChange
        {
            InitialCluster = Scope.Plan.InitialCluster, InitialClusterState = "existing", InitialClusterToken = Scope.Token(context),
        };
        return Scope.Plan.Former.Count == 0 ? change : change with
        {
            Name = Member.Name,
            DataDirectory = Member.DataDirectory,
            AdvertisePeerUrls = Member.PeerUrls,
            AdvertiseClientUrls = Member.ClientUrls,
            ListenPeerUrls = Listening(current.ListenPeerUrls, Member.PeerUrls),
            ListenClientUrls = Listening(current.ListenClientUrls, Member.ClientUrls),
        };
    }

    // Where it does not listen on the ports that it is to be reached at, it must: everywhere, because etcd listens on addresses alone and names may be given.
    private static IReadOnlyList<Uri>? Listening(IReadOnlyList<Uri> current, IReadOnlyList<Uri> reached) =>
        reached.All(url => current.Any(other => other.Port == url.Port && other.Scheme == url.Scheme))
            ? null
            : [.. reached.Select(url => System.Net.IPAddress.TryParse(url.Host.Trim('[', ']'), out _) ? url : new UriBuilder(url) { Host = "0.0.0.0" }.Uri)];

    private async Task<List<EditedFile>> WithAsync(List<EditedFile> known, IReadOnlyList<FileEdit> edits, CancellationToken cancellationToken)
    {
        var files = known.ToList();
        foreach (var edit in edits.Where(edit => !known.Exists(file => file.Path == edit.Path)))
        {
            var hasFolder = edit.OldBytes is not null || await Machine.FindAsync(Folder(edit.Path), cancellationToken).ConfigureAwait(false) is not null;
            files.Add(new EditedFile(edit.Path, edit.OldBytes is not null, edit.NeedsReload, !hasFolder));
        }

        return files;
    }

    private static string Folder(string path) => path[..path.LastIndexOf('/')];

    private static string Kept(string path, StepContext context) => $"{path}.parked-{context.Run}";

    private async Task ReloadAsync(bool needed, CancellationToken cancellationToken)
    {
        if (needed)
        {
            var result = await Machine.RunAsync(HostCommand.Of("systemctl", "daemon-reload"), cancellationToken).ConfigureAwait(false);
            if (!result.Succeeded)
            {
                throw new HostCommandFailedException(Member.Host, "systemctl daemon-reload", result);
            }
        }
    }

    private sealed record EditedFile(string Path, bool WasThere, bool NeedsReload, bool MadeFolder = false);
}
