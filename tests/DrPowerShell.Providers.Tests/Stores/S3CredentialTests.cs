using System.Diagnostics;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>Where credentials come from when the estate names none.</summary>
[Collection(AloneCollection.Name)]
public sealed class S3CredentialTests : IDisposable
{
    private const string Token = "planted-token-1618";

    private static readonly string[] Names =
    [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_ENDPOINT_URL_STS", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_REGION",
    ];

    private readonly Dictionary<string, string?> _before = Names.ToDictionary(n => n, Environment.GetEnvironmentVariable);
    private readonly TempFolder _folder = new("aws");
    private readonly S3Buckets _buckets;

    public S3CredentialTests(S3Buckets buckets)
    {
        _buckets = buckets;
        foreach (var name in Names)
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", _folder["credentials"]);
        Environment.SetEnvironmentVariable("AWS_CONFIG_FILE", _folder["config"]);
    }

    public void Dispose()
    {
        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task The_environment_holds_them()
    {
        var server = await CephServer.SharedAsync();
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", server.Owner.AccessKey);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", server.Owner.SecretKey);
        await OpensAsync(await OptionsAsync());
    }

    [Fact]
    public async Task A_profile_holds_them()
    {
        var server = await CephServer.SharedAsync();
        await File.WriteAllTextAsync(_folder["credentials"], $"[backup]\naws_access_key_id = {server.Owner.AccessKey}\naws_secret_access_key = {server.Owner.SecretKey}\n");
        var options = await OptionsAsync();
        await OpensAsync(options with { S3 = options.S3 with { Profile = "backup" } });
        await Assert.ThrowsAsync<StoreCredentialsMissingException>(() => OpensAsync(options with { S3 = options.S3 with { Profile = "absent" } }));
    }

    [Fact]
    public async Task A_web_identity_is_exchanged_for_them()
    {
        await File.WriteAllTextAsync(_folder["token"], Token);
        await using var sts = new FaultyHttpProxy(null, _ => new HttpFault.Answer(200, $"""
            <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
            <AccessKeyId>TEMPORARY</AccessKeyId><SecretAccessKey>temporary-secret</SecretAccessKey><SessionToken>session-of-the-role</SessionToken>
            <Expiration>{TimeProvider.System.GetUtcNow().AddHours(1):yyyy-MM-ddTHH:mm:ssZ}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
            """, "Content-Type: text/xml\r\n"));
        await using var s3 = new FaultyHttpProxy(null, _ => new HttpFault.Answer(200, "<ListBucketResult/>"));
        Environment.SetEnvironmentVariable("AWS_WEB_IDENTITY_TOKEN_FILE", _folder["token"]);
        Environment.SetEnvironmentVariable("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/backup");
        Environment.SetEnvironmentVariable("AWS_REGION", "us-east-1");
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL_STS", sts.Url.AbsoluteUri);
        await OpensAsync(await OptionsAsync(s3.Url));
        Assert.NotEmpty(sts.Requests);
        Assert.Contains("Credential=TEMPORARY/", Assert.Single(s3.Requests).Headers["authorization"]);
        Assert.Equal("session-of-the-role", s3.Requests[0].Headers["x-amz-security-token"]);
    }

    [Fact]
    public async Task A_web_identity_that_is_refused_is_rejected_and_not_told()
    {
        await File.WriteAllTextAsync(_folder["token"], Token);
        await using var sts = new FaultyHttpProxy(null, _ => new HttpFault.Answer(
            400, $"<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>No provider</Message></Error><RequestId>1</RequestId></ErrorResponse>", "Content-Type: text/xml\r\n"));
        Environment.SetEnvironmentVariable("AWS_WEB_IDENTITY_TOKEN_FILE", _folder["token"]);
        Environment.SetEnvironmentVariable("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/backup");
        Environment.SetEnvironmentVariable("AWS_REGION", "us-east-1");
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL_STS", sts.Url.AbsoluteUri);
        var error = await Assert.ThrowsAsync<StoreCredentialsRejectedException>(async () => await OpensAsync(await OptionsAsync()));
        Assert.DoesNotContain(Token, error.ToString());
    }

    [Fact]
    public async Task A_containers_role_answers_them()
    {
        var server = await CephServer.SharedAsync();
        await using var role = new FaultyHttpProxy(null, _ => new HttpFault.Answer(200, $$"""
            {"AccessKeyId":"ROLE","SecretAccessKey":"role-secret","Token":"role-token","Expiration":"{{TimeProvider.System.GetUtcNow().AddHours(1):yyyy-MM-ddTHH:mm:ssZ}}","Code":"Success"}
            """, "Content-Type: application/json\r\n"));
        await using var s3 = new FaultyHttpProxy(null, _ => new HttpFault.Answer(200, "<ListBucketResult/>"));
        Environment.SetEnvironmentVariable("AWS_CONTAINER_CREDENTIALS_FULL_URI", role.Url.AbsoluteUri);
        await OpensAsync(await OptionsAsync(s3.Url));
        Assert.Contains("Credential=ROLE/", s3.Requests[0].Headers["authorization"]);
    }

    [Fact]
    public async Task The_role_of_the_machine_answers_them()
    {
        // The instance metadata service, version 2: a session's token first, then the role's name, then its credentials.
        await using var metadata = new FaultyHttpProxy(null, head =>
            head.Method == "PUT" ? new HttpFault.Answer(200, "session-token", "X-aws-ec2-metadata-token-ttl-seconds: 21600\r\n")
            : !head.Target.Contains("/security-credentials", StringComparison.Ordinal) ? new HttpFault.Answer(404, "")
            : head.Target.TrimEnd('/').EndsWith("security-credentials", StringComparison.Ordinal) ? new HttpFault.Answer(200, "backup-role")
            : new HttpFault.Answer(200, $$"""
                {"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"INSTANCE","SecretAccessKey":"instance-secret","Token":"instance-token","LastUpdated":"{{TimeProvider.System.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}}","Expiration":"{{TimeProvider.System.GetUtcNow().AddHours(6):yyyy-MM-ddTHH:mm:ssZ}}"}
                """, "Content-Type: application/json\r\n"));
        await using var s3 = new FaultyHttpProxy(null, _ => new HttpFault.Answer(200, "<ListBucketResult/>"));
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.Url.AbsoluteUri.TrimEnd('/'));
        await OpensAsync(await OptionsAsync(s3.Url));
        Assert.Contains("Credential=INSTANCE/", s3.Requests[0].Headers["authorization"]);
        Assert.Equal("instance-token", s3.Requests[0].Headers["x-amz-security-token"]);
    }

    [Fact]
    public async Task Where_there_are_none_that_is_told_soon_even_if_the_roles_service_hangs()
    {
        await using var role = new FaultyHttpProxy(null, _ => new HttpFault.Hang());
        Environment.SetEnvironmentVariable("AWS_CONTAINER_CREDENTIALS_FULL_URI", role.Url.AbsoluteUri);
        var watch = Stopwatch.StartNew();
        var options = await OptionsAsync();
        await Assert.ThrowsAsync<StoreCredentialsMissingException>(async () => await S3Stores.OpenAsync(options, S3Stores.Quick with { Credentials = TimeSpan.FromSeconds(1) }));
        Assert.NotEmpty(role.Requests);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(8), $"it took {watch.Elapsed}");
    }

    private async Task<RepositoryOptions> OptionsAsync(Uri? endpoint = null)
    {
        var server = await CephServer.SharedAsync();
        var options = S3Stores.Options(server, await _buckets.PlainAsync(), endpoint: endpoint);
        return options with { S3 = options.S3 with { AccessKey = null, SecretKey = null } };
    }

    private static async Task OpensAsync(RepositoryOptions options)
    {
        await using var store = await S3Stores.OpenAsync(options);
    }
}
