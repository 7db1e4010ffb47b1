using DrPowerShell.Testing.Stores;

[assembly: Xunit.AssemblyFixture(typeof(DrPowerShell.Providers.Tests.Stores.S3Buckets))]

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>The buckets that tests share, each test below a prefix of its own.</summary>
public sealed class S3Buckets
{
    private readonly Lock _gate = new();
    private Task<string>? _plain;
    private Task<string>? _locking;

    /// <summary>A bucket that keeps no versions.</summary>
    public Task<string> PlainAsync() => OnceAsync(ref _plain, keepsLocks: false);

    /// <summary>A bucket with Object Lock, which keeps versions.</summary>
    public Task<string> LockingAsync() => OnceAsync(ref _locking, keepsLocks: true);

    private Task<string> OnceAsync(ref Task<string>? bucket, bool keepsLocks)
    {
        lock (_gate)
        {
            return bucket ??= Task.Run(async () => await (await CephServer.SharedAsync()).CreateBucketAsync(keepsLocks));
        }
    }
}
