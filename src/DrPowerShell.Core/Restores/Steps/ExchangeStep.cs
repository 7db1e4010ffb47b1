using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Parks a member's old data and moves the new in: two renames, each of which can be found done or not done.</summary>
/// <remarks>Nothing is ever overwritten or deleted. After a crash between the renames the old data lies parked and nothing is in its place.</remarks>
internal sealed class ExchangeStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    private string HadOld => Fact("had-old");

    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var (exchanged, parked, arriving) = (Member.Exchanged, Member.Parked(context.Run), Member.Arriving(context.Run));
        if (!context.Facts.Has(HadOld))
        {
            var old = await Machine.FindAsync(exchanged, cancellationToken).ConfigureAwait(false);
            await context.RecordAsync(HadOld, old is null ? "no" : "yes", cancellationToken).ConfigureAwait(false);
        }

        if (await Machine.FindAsync(arriving, cancellationToken).ConfigureAwait(false) is not null)
        {
            await StayDownAsync(context, cancellationToken).ConfigureAwait(false);
            if (await Machine.FindAsync(exchanged, cancellationToken).ConfigureAwait(false) is not null)
            {
                await Machine.MoveAsync(exchanged, parked, cancellationToken).ConfigureAwait(false);
            }

            await Machine.CreateDirectoryAsync(Parent(exchanged), null, cancellationToken).ConfigureAwait(false);
            await Machine.MoveAsync(arriving, exchanged, cancellationToken).ConfigureAwait(false);
        }
        else if (await Machine.FindAsync(exchanged, cancellationToken).ConfigureAwait(false) is null)
        {
            throw new HostChangedException(Member.Host, $"neither {arriving} nor {exchanged} is there any more; the old data, if there was any, lies at {parked}.");
        }

        if (Member.IsMountPoint)
        {
            await Machine.RemoveAsync(Member.Staged(context.Run), cancellationToken).ConfigureAwait(false);
            await Machine.SetAttributesAsync(exchanged, Member.Attributes with { Mode = null }, cancellationToken).ConfigureAwait(false);
        }

        context.Text = context.Facts.Find<string>(HadOld) == "yes" ? $"old data parked at {parked}" : "there was no old data";
    }

    protected internal override async Task UndoAsync(StepContext context, CancellationToken cancellationToken)
    {
        var (exchanged, parked, arriving) = (Member.Exchanged, Member.Parked(context.Run), Member.Arriving(context.Run));
        var hadOld = context.Facts.Find<string>(HadOld);
        var isParked = await Machine.FindAsync(parked, cancellationToken).ConfigureAwait(false) is not null;

        // What lies there is the new data exactly where the old is parked, or where there was none.
        if (hadOld is null || (hadOld == "yes" && !isParked))
        {
            return;
        }

        await StayDownAsync(context, cancellationToken).ConfigureAwait(false);
        if (await Machine.FindAsync(exchanged, cancellationToken).ConfigureAwait(false) is not null
            && await Machine.FindAsync(arriving, cancellationToken).ConfigureAwait(false) is null)
        {
            await Machine.CreateDirectoryAsync(Parent(arriving), null, cancellationToken).ConfigureAwait(false);
            await Machine.MoveAsync(exchanged, arriving, cancellationToken).ConfigureAwait(false);
        }

        if (isParked)
        {
            await Machine.MoveAsync(parked, exchanged, cancellationToken).ConfigureAwait(false);
            context.Text = $"old data is back at {exchanged}";
        }
    }

    private static string Parent(string path) => RestoreMember.ParentOf(path);
}
