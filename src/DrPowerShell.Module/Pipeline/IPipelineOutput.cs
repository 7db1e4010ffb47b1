namespace DrPowerShell.Module.Pipeline;

/// <summary>
/// How work on the pool writes to the pipeline: every call is thread safe, is carried out on the pipeline thread in the order of the calls, and
/// is dropped without a word once the work has been cancelled (the token tells the work).
/// </summary>
public interface IPipelineOutput
{
    /// <summary>Writes one object. Blocks the caller while the pipeline is several hundred records behind, so that memory stays bounded.</summary>
    void WriteObject(object value);

    void WriteVerbose(string text);

    void WriteWarning(string text);

    /// <summary>Writes a non-terminating error for one item; an exception that the product does not know is rethrown to the caller.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="target">The user's input it is about, where the exception does not tell.</param>
    void WriteError(Exception error, object? target = null);

    /// <summary>
    /// A reporter whose newest value is shown as a progress bar: first after one second of work, then at most five times a second; removed when
    /// the work ends.
    /// </summary>
    /// <param name="activity">The bar's title, such as "Backing up prod". One bar a title.</param>
    /// <param name="show">Turns a value into the bar's text and percentage; called on the pipeline thread.</param>
    IProgress<T> Progress<T>(string activity, Func<T, ProgressState> show);

    /// <summary>A reporter of steps in words: each is a verbose line, and the newest is shown as a progress bar as in <see cref="Progress"/>.</summary>
    IProgress<string> Steps(string activity);
}

/// <summary>What a progress bar shows.</summary>
/// <param name="Status">The text, such as "1.2 of 1.9 GB, 310 MB/s".</param>
/// <param name="Percent">0 to 100; null where the end is not known.</param>
/// <param name="Remaining">The time left, where it is known.</param>
public sealed record ProgressState(string Status, double? Percent = null, TimeSpan? Remaining = null)
{
    /// <summary>A state of bytes done out of a total, with the rate since <paramref name="elapsed"/> began.</summary>
    /// <param name="done">Bytes done.</param>
    /// <param name="total">All bytes; 0 or less where not known.</param>
    /// <param name="elapsed">Since the first byte.</param>
    public static ProgressState Bytes(long done, long total, TimeSpan elapsed)
    {
        var rate = elapsed > TimeSpan.Zero ? done / elapsed.TotalSeconds : 0;
        var text = total > 0 ? $"{ByteSize.Show(done)} of {ByteSize.Show(total)}" : ByteSize.Show(done);
        if (rate > 0)
        {
            text += $", {ByteSize.Show((long)rate)}/s";
        }

        return total > 0
            ? new(text, Math.Clamp(100.0 * done / total, 0, 100), rate > 0 ? TimeSpan.FromSeconds(Math.Max(0, total - done) / rate) : null)
            : new(text);
    }
}
