using System.Globalization;

namespace DrPowerShell.Etcd.Bolt;

/// <summary>The number of a page: its offset in the file divided by the page size.</summary>
public readonly record struct PageId(ulong Value) : IComparable<PageId>
{
    public int CompareTo(PageId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    public static bool operator <(PageId left, PageId right) => left.Value < right.Value;

    public static bool operator >(PageId left, PageId right) => left.Value > right.Value;

    public static bool operator <=(PageId left, PageId right) => left.Value <= right.Value;

    public static bool operator >=(PageId left, PageId right) => left.Value >= right.Value;
}
