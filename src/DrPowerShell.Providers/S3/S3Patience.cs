namespace DrPowerShell.Providers.S3;

/// <summary>How long a server is waited for, and how often it is asked again.</summary>
internal sealed record S3Patience
{
    public static S3Patience Default { get; } = new();

    /// <summary>For a connection.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For one answer, beside the time that the bytes sent may take.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For credentials: where there are none, the address of the instance's metadata often leads nowhere, for a minute.</summary>
    public TimeSpan Credentials { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a disturbed request is made again.</summary>
    public int Retries { get; init; } = 6;

    /// <summary>Before the first repetition; doubled before each further one, up to <see cref="LongestPause"/>.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For the answer to a request that carries so many bytes, over 64 KB/s at least.</summary>
    public TimeSpan For(long bytes) => Answer + TimeSpan.FromSeconds(bytes / 65_536.0);

    /// <summary>Before a repetition: a random time, so that many clients that were refused at once do not come back at once.</summary>
    public TimeSpan Pause(int attempt) =>
        TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(attempt - 1, 20))) * (0.5 + (Random.Shared.NextDouble() / 2));
}
