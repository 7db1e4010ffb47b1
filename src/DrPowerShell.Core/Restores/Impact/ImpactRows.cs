using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Restores.Impact;

/// <summary>What a restore does to a key.</summary>
public enum RestoreChange
{
    /// <summary>It lives now and is not in the snapshot.</summary>
    Lost,

    /// <summary>It was deleted since the snapshot.</summary>
    Back,

    /// <summary>It was changed since the snapshot.</summary>
    Reverted,
}

/// <summary>The changed keys that begin with the same segments.</summary>
/// <param name="Prefix">Such as "/registry/pods/"; "(other)" for what exceeds the limit.</param>
/// <param name="Lost">Keys that vanish.</param>
/// <param name="Back">Keys that come back.</param>
/// <param name="Reverted">Keys that go back to an older content.</param>
public sealed record PrefixImpact(string Prefix, long Lost, long Back, long Reverted)
{
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Prefix}: {Lost:N0} lost, {Back:N0} back, {Reverted:N0} reverted");
}

/// <summary>The changed Kubernetes objects of one kind in one namespace.</summary>
/// <param name="Kind">Such as Pod; "(other)" for what exceeds the limit.</param>
/// <param name="ApiGroup">Such as apps; empty for the core group.</param>
/// <param name="Namespace">Null for kinds without one.</param>
/// <param name="Lost">Objects that vanish.</param>
/// <param name="Back">Objects that come back.</param>
/// <param name="Reverted">Objects that go back to an older content.</param>
public sealed record KindImpact(string Kind, string ApiGroup, string? Namespace, long Lost, long Back, long Reverted)
{
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Kind}{(Namespace is null ? "" : $" in {Namespace}")}: {Lost:N0} lost, {Back:N0} back, {Reverted:N0} reverted");
}

/// <summary>One changed Kubernetes object.</summary>
/// <param name="Kind">Such as Pod.</param>
/// <param name="ApiGroup">Such as apps; empty for the core group.</param>
/// <param name="Namespace">Null for kinds without one.</param>
/// <param name="Name">The object's name.</param>
/// <param name="Change">What the restore does to it.</param>
public sealed record ObjectImpact(string Kind, string ApiGroup, string? Namespace, string Name, RestoreChange Change)
{
    /// <summary>The key that holds it.</summary>
    public string Key { get; init; } = "";

    /// <summary>The object's uid; null where it could not be read, as in encrypted values. Lost and reverted: the present one's.</summary>
    public string? Uid { get; init; }

    /// <summary>When it was created, UTC; null where it could not be read.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>Whether it was being deleted when the state was read that it comes from.</summary>
    public bool IsTerminating { get; init; }

    /// <summary>Whether another object of the same name is there now: it was deleted and created again since.</summary>
    public bool IsReplaced { get; init; }

    public override string ToString() => $"{Change} {Kind} {(Namespace is null ? "" : Namespace + "/")}{Name}";
}

/// <summary>Something that could not be measured, or that makes a figure less sure.</summary>
/// <param name="Severity">Information: worth knowing. Warning: a figure is incomplete or missing.</param>
/// <param name="Code">A stable name of the condition, such as <c>LeasesNotRead</c>.</param>
/// <param name="Text">What it is, as a sentence.</param>
public sealed record ImpactFinding(FindingSeverity Severity, string Code, string Text)
{
    public override string ToString() => $"{Severity} {Code}: {Text}";
}
