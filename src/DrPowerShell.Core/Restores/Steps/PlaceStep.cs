using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Brings a member's new data directory to its machine, beside the old one, verified there, with the right owner.</summary>
internal sealed class PlaceStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var staged = Member.Staged(context.Run);
        if (!await RestoreImage.IsBuiltInPlaceAsync(Scope, Member, cancellationToken).ConfigureAwait(false))
        {
            var built = RestoreImage.Folder(Scope, context, Member, inPlace: false);
            await RestoreImage.EnsureBuiltAsync(Scope, context, Member, cancellationToken).ConfigureAwait(false);
            await RestoreImage.RemoveStagedAsync(Scope, context, Member, cancellationToken).ConfigureAwait(false);
            await Machine.CreateDirectoryAsync(RestoreMember.ParentOf(staged), null, cancellationToken).ConfigureAwait(false);
            var size = new DirectoryInfo(built).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
            await Machine.UploadAsync(built, staged, new StepProgress(context, "uploading", size), cancellationToken).ConfigureAwait(false);
        }

        await Machine.SetAttributesAsync(staged, Member.Attributes, cancellationToken).ConfigureAwait(false);
        context.Text = staged;
    }

    protected internal override Task UndoAsync(StepContext context, CancellationToken cancellationToken) =>
        RestoreImage.RemoveStagedAsync(Scope, context, Member, cancellationToken);
}

/// <summary>Lets one step at a time build all data directories anew.</summary>
internal static class RebuildGate
{
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<RestoreScope, SemaphoreSlim> Gates = [];

    public static SemaphoreSlim Of(RestoreScope scope) => Gates.GetValue(scope, _ => new SemaphoreSlim(1, 1));
}
