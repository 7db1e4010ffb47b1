using Grpc.Core;

namespace DrPowerShell.Providers.Etcd;

/// <summary>
/// Tells etcd's errors apart by their texts (api/v3rpc/rpctypes/error.go), not by their codes: the maintenance service of 3.4 and 3.5 answers
/// with the code Unknown and the raw text of the auth package.
/// </summary>
internal enum EtcdAnswer
{
    Other,
    InvalidToken,
    UserNameEmpty,
    AuthenticationFailed,
    PermissionDenied,
    Compacted,
    FutureRevision,
    SpaceExceeded,
    Corrupt,
    NoLeader,
    TimedOut,
    NotForLearners,
    TooLarge,
    LeaseNotFound,
    Stopping,
}

internal static class EtcdAnswerExtensions
{
    private static readonly (string Text, EtcdAnswer Answer)[] Known =
    [
        ("invalid auth token", EtcdAnswer.InvalidToken),
        ("revision of auth store is old", EtcdAnswer.InvalidToken),
        ("revision in header is old", EtcdAnswer.InvalidToken),
        ("user name is empty", EtcdAnswer.UserNameEmpty),
        ("authentication failed", EtcdAnswer.AuthenticationFailed),
        ("user name not found", EtcdAnswer.AuthenticationFailed),
        ("permission denied", EtcdAnswer.PermissionDenied),
        ("required revision has been compacted", EtcdAnswer.Compacted),
        ("required revision is a future revision", EtcdAnswer.FutureRevision),
        ("database space exceeded", EtcdAnswer.SpaceExceeded),
        ("no space", EtcdAnswer.SpaceExceeded),
        ("corrupt cluster", EtcdAnswer.Corrupt),
        ("no leader", EtcdAnswer.NoLeader),
        ("request timed out", EtcdAnswer.TimedOut),
        ("context deadline exceeded", EtcdAnswer.TimedOut),
        ("leader changed", EtcdAnswer.TimedOut),
        ("not supported for learner", EtcdAnswer.NotForLearners),
        ("request is too large", EtcdAnswer.TooLarge),
        ("requested lease not found", EtcdAnswer.LeaseNotFound),
        ("server stopped", EtcdAnswer.Stopping),
    ];

    extension(EtcdAnswer)
    {
        /// <summary>What etcd said; <see cref="EtcdAnswer.Other"/> too where the error is not etcd's.</summary>
        public static EtcdAnswer Of(RpcException error)
        {
            if (error.Status.DebugException is not null)
            {
                return EtcdAnswer.Other;
            }

            foreach (var (text, answer) in Known)
            {
                if (error.Status.Detail.Contains(text, StringComparison.Ordinal))
                {
                    return answer;
                }
            }

            return error.StatusCode == StatusCode.DeadlineExceeded ? EtcdAnswer.TimedOut : EtcdAnswer.Other;
        }
    }
}
