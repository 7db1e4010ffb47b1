using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using Amazon.Runtime.Internal;
using Amazon.S3;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Providers.S3;

/// <summary>Finds credentials: those named, else the named profile's, else what the SDK's chain finds (environment, profile, web identity, role).</summary>
internal static class S3Credentials
{
    /// <summary>Finds credentials and proves that they can be had now; secrets found are hidden from messages.</summary>
    /// <exception cref="StoreCredentialsMissingException">There are none, or none within the time.</exception>
    /// <exception cref="StoreCredentialsRejectedException">The service that would exchange a token for them does not accept it.</exception>
    public static async Task<AWSCredentials> FindAsync(S3Access access, AmazonS3Config config, S3Failures failures, S3Patience patience, CancellationToken cancellationToken)
    {
        try
        {
            // On the pool: parts of the chain read files and ask servers without a token.
            var (credentials, found) = await Task.Run(
                async () =>
                {
                    var credentials = await ChooseAsync(access, config, failures.Store).ConfigureAwait(false);
                    return (credentials, await credentials.GetCredentialsAsync().ConfigureAwait(false));
                },
                cancellationToken).WaitAsync(patience.Credentials, cancellationToken).ConfigureAwait(false);
            failures.Hide(found.SecretKey, found.Token);
            return credentials;
        }
        catch (TimeoutException e)
        {
            throw new StoreCredentialsMissingException(
                failures.Store, $"neither environment, profile nor web identity holds any, and no instance role answered within {patience.Credentials.TotalSeconds:0} s.", e);
        }
        catch (Exception e) when (S3Failures.Find<AmazonServiceException>(e) is { ErrorCode: { Length: > 0 } code, StatusCode: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError } answer)
        {
            throw new StoreCredentialsRejectedException(failures.Store, failures.Masked($"the token service answered {code}, {answer.Message}"), e);
        }
        catch (Exception e) when (e is not (OperationCanceledException or RecoveryException))
        {
            throw new StoreCredentialsMissingException(failures.Store, failures.Masked(e.Message), e);
        }
    }

    /// <summary>The profiles of the AWS configuration files; the SDK itself reads the environment only once.</summary>
    public static CredentialProfileStoreChain Profiles() => new(Environment.GetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE"));

    private static async Task<AWSCredentials> ChooseAsync(S3Access access, AmazonS3Config config, Uri store)
    {
        if (access.AccessKey is { Length: > 0 } key)
        {
            return access.SecretKey is not { Length: > 0 } secret
                ? throw new StoreCredentialsMissingException(store, "an access key is named, and no secret key.")
                : access.SessionToken is { Length: > 0 } token ? new SessionAWSCredentials(key, secret, token) : new BasicAWSCredentials(key, secret);
        }

        if (access.Profile is { Length: > 0 } profile)
        {
            return Profiles().TryGetAWSCredentials(profile, out var found)
                ? found
                : throw new StoreCredentialsMissingException(store, $"the AWS configuration files have no profile '{profile}', or it holds no credentials.");
        }

        // A resolver of its own each time: the shared one remembers what it found before the environment was changed, and so does what tells where an
        // instance's role is asked for.
        FallbackInternalConfigurationFactory.Reset();
        using var resolver = new DefaultAWSCredentialsIdentityResolver();
        return (AWSCredentials)await resolver.ResolveIdentityAsync(config).ConfigureAwait(false);
    }
}
