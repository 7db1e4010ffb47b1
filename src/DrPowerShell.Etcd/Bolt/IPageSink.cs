namespace DrPowerShell.Etcd.Bolt;

/// <summary>Takes the pages of a tree that is being built.</summary>
internal interface IPageSink
{
    int PageSize { get; }

    /// <summary>Takes a page, with its overflow, and returns the number it is given; the sink writes that number into the header.</summary>
    /// <param name="bytes">A whole number of pages.</param>
    PageId Add(Span<byte> bytes);
}
