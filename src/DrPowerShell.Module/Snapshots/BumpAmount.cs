using System.Globalization;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Module.Snapshots;

/// <summary>How far a restore raises the revision: a number, or Auto.</summary>
public sealed class BumpAmount
{
    /// <summary>A fixed number of revisions.</summary>
    public BumpAmount(long revisions)
    {
        Revisions = revisions > 0 ? revisions : throw new RevisionBumpInvalidException(revisions, "it must be 1 or more");
    }

    /// <summary>A number as text, or Auto.</summary>
    public BumpAmount(string text)
    {
        IsAuto = string.Equals(text, "Auto", StringComparison.OrdinalIgnoreCase);
        if (!IsAuto)
        {
            Revisions = long.TryParse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw new FormatException($"'{text}' is neither a number of revisions nor Auto.");
        }
    }

    /// <summary>Whether the bump is worked out from what clients may have seen.</summary>
    public bool IsAuto { get; }

    /// <summary>The number of revisions, 0 for Auto.</summary>
    public long Revisions { get; }

    /// <inheritdoc/>
    public override string ToString() => IsAuto ? "Auto" : Revisions.ToString(CultureInfo.InvariantCulture);
}
