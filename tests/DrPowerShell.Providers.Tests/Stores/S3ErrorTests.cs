using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>Each way in which a server refuses is an error of its own, and none of them tells a secret.</summary>
public sealed class S3ErrorTests(S3Buckets buckets)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_secret_and_an_unknown_key_are_rejected_credentials()
    {
        var server = await CephServer.SharedAsync();
        var bucket = await buckets.PlainAsync();
        foreach (var keys in new[] { server.Owner with { SecretKey = "planted-secret-2718" }, new S3Keys("NOBODY", "planted-secret-2718") })
        {
            await FailsAsync<StoreCredentialsRejectedException>(S3Stores.Options(server, bucket, keys: keys));
        }
    }

    [Fact]
    public async Task Half_a_key_is_missing_credentials()
    {
        var options = S3Stores.Options(await CephServer.SharedAsync(), "bucket");
        await FailsAsync<StoreCredentialsMissingException>(options with { S3 = options.S3 with { SecretKey = null } });
    }

    [Fact]
    public async Task A_bucket_that_is_not_there_is_told()
    {
        var error = await FailsAsync<StoreBucketNotFoundException>(S3Stores.Options(await CephServer.SharedAsync(), "no-such-bucket", "x"));
        Assert.Contains("'no-such-bucket'", error.Message);
    }

    [Fact]
    public async Task A_bucket_of_somebody_else_is_denied()
    {
        var server = await CephServer.SharedAsync();
        await FailsAsync<StoreAccessDeniedException>(S3Stores.Options(server, await server.CreateBucketAsync(), keys: server.Reader));
    }

    [Fact]
    public async Task A_bucket_that_may_only_be_read_is_read_and_denies_every_change()
    {
        var server = await CephServer.SharedAsync();
        var bucket = await server.CreateBucketAsync();
        await server.LetReadAsync(bucket);
        await using (var owner = await S3Stores.OpenAsync(S3Stores.Options(server, bucket)))
        {
            await owner.PutAsync("prod/x", "kept"u8.ToArray(), new(), Token);
        }

        await using var store = await S3Stores.OpenAsync(S3Stores.Options(server, bucket, keys: server.Reader));
        Assert.Equal("kept"u8.ToArray(), await store.ReadAllAsync("prod/x", Token));
        await Assert.ThrowsAsync<StoreAccessDeniedException>(() => store.PutAsync("prod/y", new byte[1], new(), Token));
        await Assert.ThrowsAsync<StoreAccessDeniedException>(() => store.DeleteAsync("prod/x", Token));
        var upload = await store.BeginPutAsync("prod/z", new(), Token);
        await using var end = upload;
        await Assert.ThrowsAsync<StoreAccessDeniedException>(async () => await upload.WriteAsync(new byte[9 << 20], Token));
    }

    [Theory]
    [InlineData(5 << 20)]
    [InlineData(20 << 20)]
    public async Task A_quota_that_is_used_up_is_a_full_store_and_leaves_nothing(int length)
    {
        var server = await CephServer.SharedAsync();
        await using var store = await S3Stores.OpenAsync(S3Stores.Options(server, await server.CreateBucketAsync(owner: server.Small), keys: server.Small));
        var upload = await store.BeginPutAsync("prod/x", new(), Token);
        await using (upload)
        {
            await Assert.ThrowsAsync<StoreFullException>(async () =>
            {
                await upload.WriteAsync(new byte[length], Token);
                await upload.CompleteAsync(Token);
            });
        }

        Assert.Null(await store.FindAsync("prod/x", Token));
        Assert.Empty(await store.ListUnfinishedAsync("", Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unreachable()
    {
        var server = await CephServer.SharedAsync();
        foreach (var endpoint in new[] { $"http://127.0.0.1:{FreePorts.Next()}", "http://no-such-host.invalid" })
        {
            await FailsAsync<StoreUnreachableException>(S3Stores.Options(server, "bucket", endpoint: new Uri(endpoint)));
        }
    }

    [Fact]
    public async Task A_server_that_never_answers_has_timed_out()
    {
        await using var proxy = new FaultyHttpProxy(null, _ => new HttpFault.Hang());
        var options = S3Stores.Options(await CephServer.SharedAsync(), "bucket", endpoint: proxy.Url);
        await Assert.ThrowsAsync<StoreTimedOutException>(() => S3Stores.OpenAsync(options, S3Stores.Quick with { Answer = TimeSpan.FromSeconds(0.3), Retries = 1 }));
    }

    [Fact]
    public async Task A_certificate_is_trusted_through_the_named_authority_alone()
    {
        var server = await CephServer.SharedAsync();
        var options = S3Stores.Options(server, await buckets.PlainAsync(), endpoint: server.TlsEndpoint);
        await FailsAsync<StoreCertificateNotTrustedException>(options);

        using var other = new TempFolder("ca");
        await FailsAsync<StoreCertificateNotTrustedException>(options with { S3 = options.S3 with { CACertificatePath = other["absent.pem"] } });
        await File.WriteAllTextAsync(other["empty.pem"], "nothing", Token);
        await FailsAsync<StoreCertificateNotTrustedException>(options with { S3 = options.S3 with { CACertificatePath = other["empty.pem"] } });

        await using var store = await S3Stores.OpenAsync(options with { S3 = options.S3 with { CACertificatePath = server.AuthorityPath } });
    }

    [Theory]
    [InlineData(403, "RequestTimeTooSkewed", typeof(StoreClockSkewedException))]
    [InlineData(403, "ExpiredToken", typeof(StoreCredentialsRejectedException))]
    [InlineData(507, "XMinioStorageFull", typeof(StoreFullException))]
    [InlineData(301, "PermanentRedirect", typeof(StoreFailedException))]
    [InlineData(400, "InvalidArgument", typeof(StoreFailedException))]
    [InlineData(503, "SlowDown", typeof(StoreFailedException))]
    public async Task An_answer_of_a_server_has_its_type(int status, string code, Type type)
    {
        await using var proxy = new FaultyHttpProxy(null, _ => HttpFault.Error(status, code));
        var error = await FailsAsync<RecoveryException>(S3Stores.Options(await CephServer.SharedAsync(), "bucket", endpoint: proxy.Url));
        Assert.IsType(type, error);
        Assert.Contains(code, error.Message);
    }

    [Fact]
    public async Task A_server_that_repeats_a_secret_in_its_error_is_not_quoted_with_it()
    {
        await using var proxy = new FaultyHttpProxy(null, _ => HttpFault.Error(400, "planted-secret-2718"));
        await FailsAsync<StoreFailedException>(S3Stores.Options(await CephServer.SharedAsync(), "bucket", endpoint: proxy.Url, keys: new("key", "planted-secret-2718")), inner: false);
    }

    private static async Task<T> FailsAsync<T>(RepositoryOptions options, bool inner = true)
        where T : RecoveryException
    {
        var error = await Assert.ThrowsAnyAsync<T>(async () =>
        {
            await using var store = await S3Stores.OpenAsync(options);
        });
        var told = inner ? error.ToString() : error.Message;
        Assert.DoesNotContain(options.S3.SecretKey ?? "none", told);
        Assert.DoesNotContain(options.S3.SecretKey ?? "none", options.ToString() + options.S3);
        Assert.Same(options.Uri, error.Subject);
        return error;
    }
}
