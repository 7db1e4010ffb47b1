using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Providers.S3;
using DrPowerShell.Testing.Stores;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>Opens stores on the S3 server of the tests.</summary>
internal static class S3Stores
{
    private static int prefixes;

    /// <summary>Asks again soon and gives up soon: what a disturbance does is the same as with patience for a slow world.</summary>
    public static S3Patience Quick { get; } = new()
    {
        Answer = TimeSpan.FromSeconds(20),
        Retries = 4,
        FirstPause = TimeSpan.FromMilliseconds(20),
        LongestPause = TimeSpan.FromMilliseconds(200),
    };

    /// <summary>A prefix that no other test uses.</summary>
    public static string NewPrefix() => $"prefix-{Interlocked.Increment(ref prefixes)}/deeper";

    public static RepositoryOptions Options(CephServer server, string bucket, string prefix = "", Uri? endpoint = null, S3Keys? keys = null) => new()
    {
        Name = "test",
        Uri = new Uri($"s3://{bucket}/{prefix}"),
        S3 = new S3Access
        {
            Endpoint = endpoint ?? server.Endpoint,
            Region = server.Region,
            AccessKey = (keys ?? server.Owner).AccessKey,
            SecretKey = (keys ?? server.Owner).SecretKey,
        },
    };

    public static Task<IBlobStore> OpenAsync(RepositoryOptions options, S3Patience? patience = null) =>
        new S3BlobStoreConnector(patience ?? Quick).OpenAsync(options, Xunit.TestContext.Current.CancellationToken);
}
