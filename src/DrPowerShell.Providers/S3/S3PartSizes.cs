namespace DrPowerShell.Providers.S3;

/// <summary>
/// How large the parts of an upload are: small first, because most objects are; doubled every 900 parts, so that the 10,000 that S3
/// allows suffice for the 5 TB that S3 allows, without knowing the length beforehand.
/// </summary>
internal static class S3PartSizes
{
    public const int Smallest = 6 << 20;

    private const long Largest = 2L << 30;
    private const int PartsOfOneSize = 900;
    private const long Buffers = 24L << 20;

    /// <summary>The size of the first part of an object whose length is known, or is not.</summary>
    public static int First(long? length) =>
        (int)Math.Min(Largest - 1, Math.Max(Smallest, (((length ?? 0) / (10 * PartsOfOneSize * 9 / 10)) + (1 << 20)) >> 20 << 20));

    /// <summary>The size of a part.</summary>
    /// <param name="number">From 1 on.</param>
    /// <param name="first">The first part's size.</param>
    public static int Of(int number, int first) => (int)Math.Min(Largest - 1, (long)first << Math.Min((number - 1) / PartsOfOneSize, 9));

    /// <summary>How many parts may be on their way while the next one is filled: with it they hold 24 MB, until two parts alone are larger.</summary>
    public static int InFlight(int size) => (int)Math.Clamp((Buffers / size) - 1, 1, 3);
}
