using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Amazon.Runtime;
using Amazon.S3;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Providers.S3;

/// <summary>Tells the failures of one store apart: each its own type, its secrets masked.</summary>
internal sealed class S3Failures(Uri store, string bucket, S3Patience patience)
{
    private readonly List<string> _secrets = [];

    public Uri Store => store;

    /// <summary>Names what no message may hold.</summary>
    public void Hide(params string?[] secrets)
    {
        lock (_secrets)
        {
            _secrets.AddRange(secrets.Where(s => s is { Length: > 3 })!);
        }
    }

    /// <summary>Whether a failure may pass: the server is busy, restarts, or the way to it was disturbed.</summary>
    public static bool MayPass(Exception error) => error switch
    {
        RecoveryException => false,
        AmazonS3Exception e when e.ErrorCode is
            "SlowDown" or "RequestTimeout" or "InternalError" or "ServiceUnavailable" or "Busy" or "OperationAborted" or "ConditionalRequestConflict"
            or "BadDigest" or "XAmzContentSHA256Mismatch" or "IncompleteBody" => true,
        // Ceph refuses a request before it has read its body, and takes the rest of that for the next request on the connection.
        AmazonS3Exception { StatusCode: HttpStatusCode.BadRequest, ErrorCode: "BadRequest" or null or "" } => true,
        AmazonS3Exception { StatusCode: HttpStatusCode.NotImplemented or HttpStatusCode.InsufficientStorage } => false,
        AmazonServiceException e when e.StatusCode >= HttpStatusCode.InternalServerError || e.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout => true,
        _ when Find<AuthenticationException>(error) is not null => false,
        AmazonS3Exception e when e.StatusCode != default => false,
        // An answer cut in its middle is XML that does not end, or a stream that does.
        _ => Find<HttpRequestException>(error) is not null || Find<SocketException>(error) is not null || Find<IOException>(error) is not null
            || Find<TimeoutException>(error) is not null || Find<OperationCanceledException>(error) is not null || Find<System.Xml.XmlException>(error) is not null,
    };

    /// <summary>The typed error of what a request ended in.</summary>
    /// <param name="act">What was tried, as in "list".</param>
    /// <param name="error">What the SDK threw.</param>
    public RecoveryException Typed(string act, Exception error) => error switch
    {
        RecoveryException known => known,
        AmazonS3Exception { ErrorCode: { Length: > 0 } } e => OfCode(act, e),
        _ when Find<AuthenticationException>(error) is { } tls => new StoreCertificateNotTrustedException(store, Masked((tls.InnerException ?? tls).Message), error),
        _ when Find<OperationCanceledException>(error) is not null || Find<TimeoutException>(error) is not null =>
            new StoreTimedOutException(store, act, patience.Answer, error),
        _ when Find<SocketException>(error) is { SocketErrorCode: SocketError.TimedOut } => new StoreTimedOutException(store, act, patience.Connect, error),
        _ when Find<SocketException>(error) is { } socket => new StoreUnreachableException(store, Masked(socket.Message), error),
        _ when Find<HttpRequestException>(error) is { } http => new StoreUnreachableException(store, Masked(http.Message), error),
        _ => new StoreFailedException(store, act, Masked(error.Message), error),
    };

    /// <summary>A text without any of the secrets that are known.</summary>
    public string Masked(string text)
    {
        // The SDK's lists of causes have a line each, and a scheduler shows one.
        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        lock (_secrets)
        {
            return _secrets.Aggregate(text, (masked, secret) => masked.Replace(secret, "…", StringComparison.Ordinal));
        }
    }

    private RecoveryException OfCode(string act, AmazonS3Exception error) => error.ErrorCode switch
    {
        "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "InvalidToken" or "ExpiredToken" or "TokenRefreshRequired" or "InvalidSecurity" or "AuthFailure"
            or "InvalidClientTokenId" or "UnrecognizedClientException" => new StoreCredentialsRejectedException(store, error.ErrorCode + ".", error),
        "RequestTimeTooSkewed" or "RequestExpired" => new StoreClockSkewedException(store, $"{error.ErrorCode}, by this machine's clock it is {TimeProvider.System.GetUtcNow():u}.", error),
        "NoSuchBucket" => new StoreBucketNotFoundException(store, bucket),
        "QuotaExceeded" or "ServiceQuotaExceeded" or "InsufficientCapacity" or "XMinioStorageFull" or "XMinioAdminBucketQuotaExceeded" =>
            new StoreFullException(store, $"{act}: {Described(error)}", error),
        "RequestTimeout" => new StoreTimedOutException(store, act, patience.Answer, error),
        _ when error.StatusCode == HttpStatusCode.InsufficientStorage => new StoreFullException(store, $"{act}: {Described(error)}", error),
        _ when error.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized => new StoreAccessDeniedException(store, act, Described(error), error),
        "PermanentRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException" =>
            new StoreFailedException(store, act, $"{Described(error)} The bucket lies in another region: name it in the estate, or as ?region=.", error),
        _ => new StoreFailedException(store, act, Described(error), error),
    };

    private string Described(AmazonS3Exception error) =>
        Masked($"{error.ErrorCode}{(error.Message is { Length: > 0 } text && text != error.ErrorCode ? $", {text.TrimEnd('.')}" : "")} (HTTP {(int)error.StatusCode}).");

    /// <summary>The first exception of a type in a chain of causes.</summary>
    public static T? Find<T>(Exception? error)
        where T : Exception
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is T found)
            {
                return found;
            }
        }

        return null;
    }
}
