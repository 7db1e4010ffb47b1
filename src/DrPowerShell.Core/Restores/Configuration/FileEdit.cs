namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>One file of a host, before and after. Undo is putting the old bytes back, or taking a file away that was not there.</summary>
/// <param name="Path">The file on the host. A static pod's manifest that is kept elsewhere while the pod is stopped is edited there: <c>with { Path = … }</c>.</param>
/// <param name="OldBytes">What it holds now; null where it is not there.</param>
/// <param name="NewBytes">What it is to hold.</param>
public sealed record FileEdit(string Path, byte[]? OldBytes, byte[] NewBytes)
{
    /// <summary>The kind of text.</summary>
    public MemberConfigurationKind Kind { get; init; }

    /// <summary>Whether systemd must be told to read its units again, after this edit and after its undo.</summary>
    public bool NeedsReload => Kind == MemberConfigurationKind.SystemdUnit;

    public override string ToString() => OldBytes is null ? $"write {Path}" : $"edit {Path}";
}
