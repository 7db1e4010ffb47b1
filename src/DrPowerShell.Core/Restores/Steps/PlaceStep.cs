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
            if (!Directory.Exists(built))
            {
                // Another machine built it, or this one's temporary files are gone.
                await RebuildAsync(context, cancellationToken).ConfigureAwait(false);
            }

            await Machine.RemoveAsync(staged, cancellationToken).ConfigureAwait(false);
            await Machine.CreateDirectoryAsync(staged[..staged.LastIndexOf('/')], null, cancellationToken).ConfigureAwait(false);
            var size = new DirectoryInfo(built).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
            await Machine.UploadAsync(built, staged, new StepProgress(context, "uploading", size), cancellationToken).ConfigureAwait(false);
        }

        await Machine.SetAttributesAsync(staged, Member.Attributes, cancellationToken).ConfigureAwait(false);
        context.Text = staged;
    }

    protected internal override async Task UndoAsync(StepContext context, CancellationToken cancellationToken) =>
        await Machine.RemoveAsync(Member.Staged(context.Run), cancellationToken).ConfigureAwait(false);

    private async Task RebuildAsync(StepContext context, CancellationToken cancellationToken)
    {
        var gate = RebuildGate.Of(Scope);
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!Directory.Exists(RestoreImage.Folder(Scope, context, Member, inPlace: false)))
            {
                await RestoreImage.BuildAsync(Scope, context, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            gate.Release();
        }
    }
}

/// <summary>Lets one step at a time build all data directories anew.</summary>
internal static class RebuildGate
{
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<RestoreScope, SemaphoreSlim> Gates = [];

    public static SemaphoreSlim Of(RestoreScope scope) => Gates.GetValue(scope, _ => new SemaphoreSlim(1, 1));
}
