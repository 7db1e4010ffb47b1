using System.Globalization;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Reaches a member's machine and looks whether it still is as the plan says.</summary>
internal sealed class ReachStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    // What a data directory needs beside the database: the WAL's first segment, and some air.
    private const long Margin = 128L << 20;

    // Raft itself does not mind, certificates and leases do.
    private static readonly TimeSpan LargestOffset = TimeSpan.FromSeconds(5);

    /// <summary>Whether new data is to lie there.</summary>
    public bool NeedsRoom { get; init; } = true;

    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var facts = await Machine.GetFactsAsync(cancellationToken).ConfigureAwait(false);
        var volume = await Machine.GetVolumeAsync(Member.DataDirectory, cancellationToken).ConfigureAwait(false);
        var entry = await Machine.FindAsync(Member.DataDirectory, cancellationToken).ConfigureAwait(false);
        if (entry is { Kind: not HostEntryKind.Directory })
        {
            throw new HostChangedException(Member.Host, $"{Member.DataDirectory} is no folder.");
        }

        if (entry is not null && IsMountPoint(volume, Member.DataDirectory) != Member.IsMountPoint)
        {
            throw new HostChangedException(Member.Host, $"{Member.DataDirectory} {(Member.IsMountPoint ? "is no mount point any more." : "is a mount point now.")}");
        }

        var needed = (Scope.Plan.Source?.Size ?? 0) + Margin;
        if (NeedsRoom && volume.FreeBytes < needed)
        {
            throw new HostSpaceMissingException(Member.Host, Member.DataDirectory, needed, volume.FreeBytes);
        }

        if (facts.ClockOffset.Duration() > LargestOffset)
        {
            await context.FindAsync(
                RecoverySeverity.Warning,
                "ClockOff",
                string.Create(CultureInfo.InvariantCulture, $"The clock of {Member.Host} is {facts.ClockOffset.TotalSeconds:N0} s off ours: certificates and leases go by it."),
                cancellationToken).ConfigureAwait(false);
        }

        var state = await Scope.Service(Member).GetStateAsync(cancellationToken).ConfigureAwait(false);
        context.Text = string.Create(CultureInfo.InvariantCulture, $"{facts.OperatingSystem}; {volume.FreeBytes / (1 << 20):N0} MB free; {state.Evidence}");
    }

    internal static bool IsMountPoint(HostVolume volume, string path) => string.Equals(volume.MountPoint.TrimEnd('/'), path.TrimEnd('/'), StringComparison.Ordinal);
}
