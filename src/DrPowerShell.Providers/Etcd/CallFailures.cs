using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Etcd.Errors;
using Grpc.Core;

namespace DrPowerShell.Providers.Etcd;

/// <summary>
/// Turns a failed call into the error that tells a person what happened, asking the endpoint once more where the failure does not say.
/// </summary>
internal sealed class CallFailures(string? userName)
{
    /// <param name="error">What the call ended with.</param>
    /// <param name="endpoint">Where it went.</param>
    /// <param name="connected">Whether a connection existed: without one nothing was sent.</param>
    /// <param name="act">What it was for.</param>
    /// <param name="timeout">How long it was allowed to take.</param>
    /// <param name="cancellationToken">Ends the diagnosis.</param>
    public async Task<RecoveryException> ExplainAsync(
        RpcException error, EtcdEndpoint endpoint, bool connected, EtcdAct act, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (Typed(error) is { } typed)
        {
            return typed;
        }

        if (FromAnswer(error, endpoint.Url, act) is { } answered)
        {
            return answered;
        }

        var timedOut = EtcdAnswer.Of(error) == EtcdAnswer.TimedOut || error.StatusCode == StatusCode.DeadlineExceeded;
        if (timedOut)
        {
            var unreachable = $"no connection within {timeout.TotalSeconds:0.###} s";
            return !connected ? new EtcdEndpointUnreachableException(endpoint.Url, unreachable, error)
                : act.Writes ? new EtcdWriteOutcomeUnknownException(endpoint.Url, act.Name, error)
                : new EtcdRequestTimedOutException(endpoint.Url, act.Name, timeout, error);
        }

        if (error.Status.DebugException is null && !IsBadResponse(error))
        {
            return act.Writes && error.StatusCode == StatusCode.Unavailable
                ? new EtcdWriteOutcomeUnknownException(endpoint.Url, act.Name, error)
                : new EtcdCallFailedException(endpoint.Url, act.Name, error.StatusCode.ToString(), error.Status.Detail.TrimEnd('.'), error);
        }

        // The transport failed, or something answered that is no etcd.
        var diagnosis = await endpoint.Dialer.DiagnoseAsync(cancellationToken).ConfigureAwait(false);
        if (diagnosis is not null && (!act.Writes || IsAboutSetup(diagnosis)))
        {
            return diagnosis;
        }

        if (IsBadResponse(error))
        {
            return new EtcdEndpointNotEtcdException(endpoint.Url, error.Status.Detail.TrimEnd('.'), error);
        }

        return act.Writes && connected
            ? new EtcdWriteOutcomeUnknownException(endpoint.Url, act.Name, error)
            : new EtcdEndpointUnreachableException(endpoint.Url, "the connection was lost", error);
    }

    /// <summary>Whether another member may answer what this one did not, without the call being made twice.</summary>
    public static bool AnotherMayAnswer(RecoveryException failure) => failure switch
    {
        EtcdEndpointUnreachableException or EtcdRequestTimedOutException or EtcdNoLeaderException or EtcdMemberIsLearnerException => true,
        EtcdCallFailedException call => call.Status is nameof(StatusCode.Unavailable) or nameof(StatusCode.Internal),
        _ => IsAboutSetup(failure),
    };

    /// <summary>Something between this client and that one endpoint is set up wrong: no request can have been carried out.</summary>
    private static bool IsAboutSetup(RecoveryException failure) => failure is EtcdEndpointSpeaksTlsException or EtcdEndpointNotTlsException
        or EtcdEndpointNotEtcdException or EtcdClientCertificateRequiredException or EtcdClientCertificateRejectedException
        or EtcdServerCertificateExpiredException or EtcdServerCertificateNotTrustedException or EtcdServerCertificateNameMismatchException
        or EtcdServerCertificateNotYetValidException or EtcdTlsHandshakeFailedException;

    private RecoveryException? FromAnswer(RpcException error, Uri endpoint, EtcdAct act) => EtcdAnswer.Of(error) switch
    {
        EtcdAnswer.UserNameEmpty => new EtcdUserNameRequiredException(endpoint, error),
        EtcdAnswer.AuthenticationFailed => new EtcdAuthenticationFailedException(endpoint, userName ?? "", error),
        EtcdAnswer.PermissionDenied => new EtcdPermissionDeniedException(endpoint, userName, act.Name, error),
        EtcdAnswer.Compacted => new EtcdRevisionCompactedException(endpoint, act.Revision, error),
        EtcdAnswer.FutureRevision => new EtcdRevisionNotReachedException(endpoint, act.Revision, error),
        EtcdAnswer.SpaceExceeded => new EtcdSpaceExceededException(endpoint, error),
        EtcdAnswer.Corrupt => new EtcdClusterCorruptException(endpoint, error),
        EtcdAnswer.NoLeader => new EtcdNoLeaderException(endpoint, error),
        EtcdAnswer.NotForLearners => new EtcdMemberIsLearnerException(endpoint, act.Name, error),
        EtcdAnswer.TooLarge => new EtcdRequestTooLargeException(endpoint, act.Name, error),
        EtcdAnswer.LeaseNotFound => new EtcdLeaseNotFoundException(endpoint, act.Lease, error),
        EtcdAnswer.Stopping when !act.Writes => new EtcdEndpointUnreachableException(endpoint, "it is shutting down", error),
        _ => null,
    };

    private static bool IsBadResponse(RpcException error) =>
        error.StatusCode == StatusCode.Unimplemented || error.Status.Detail.StartsWith("Bad gRPC response", StringComparison.Ordinal);

    private static RecoveryException? Typed(RpcException error)
    {
        for (var e = error.Status.DebugException; e is not null; e = e.InnerException)
        {
            if (e is RecoveryException typed)
            {
                return typed;
            }
        }

        return null;
    }
}
