using System.Net.Sockets;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using Renci.SshNet.Common;

namespace DrPowerShell.Providers.Sftp;

/// <summary>Says what went wrong in the product's own errors.</summary>
internal static class SshFailures
{
    /// <summary>What kept a connection from being made.</summary>
    public static RecoveryException OfConnect(Uri store, SshHop hop, string? through, Exception? forwarding, TimeSpan patience, Exception error)
    {
        var host = $"{hop.Host}:{hop.Port}" + (through is null ? "" : $" through {through}");
        return error switch
        {
            SshAuthenticationException => new StoreCredentialsRejectedException(
                store, $"{host} does not let {hop.User} in: {Sentence(error.Message)}", error),
            SshOperationTimeoutException or OperationCanceledException or SocketException { SocketErrorCode: SocketError.TimedOut } =>
                new StoreTimedOutException(store, $"connecting to {host}", patience, error),
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } =>
                new StoreUnreachableException(store, $"the name {hop.Host} has no address.", error),
            SocketException socket => new StoreUnreachableException(store, $"{host}: {Sentence(socket.Message)}", error),
            _ when forwarding is not null => new StoreUnreachableException(store, $"{through} cannot pass on to {hop.Host}:{hop.Port}: {Sentence(forwarding.Message)}", error),
            SubsystemRefusedException => new StoreFailedException(store, $"logging in to {host}", error.Message, error),
            _ => new StoreUnreachableException(store, $"{host}: {Sentence(error.Message)}", error),
        };
    }

    /// <summary>What a lost connection means to a caller.</summary>
    public static RecoveryException OfLoss(Uri store, string act, Exception error) => error is SftpSilentException silent
        ? new StoreTimedOutException(store, act, silent.Patience, error)
        : new StoreUnreachableException(store, $"the connection broke: {act}: {Sentence(error.Message)}", error);

    /// <summary>Whether trying again may help: what refuses, breaks or is silent for a moment; never a name that does not exist, a key or a password.</summary>
    public static bool IsDisturbance(Exception error, int attempt) => error switch
    {
        StoreUnreachableException { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } } => false,
        StoreUnreachableException => true,
        StoreTimedOutException => attempt == 0, // each one has cost its whole patience already
        _ => false,
    };

    /// <summary>What a server's answer to an act on a path means; room is what the file system said of itself, where it was asked.</summary>
    public static RecoveryException OfStatus(Uri store, string act, SftpRoom? room, SftpStatusException error) => error.Status switch
    {
        _ when room is { IsReadOnly: true } => new StoreReadOnlyException(store, act, Sentence(error.Message), error),
        SftpStatus.PermissionDenied => new StoreAccessDeniedException(store, act, Sentence(error.Message), error),
        SftpStatus.Failure when room is { FreeBytes: < 1 << 20 } => new StoreFullException(store, $"{act}: {room.FreeBytes:N0} bytes are left.", error),
        SftpStatus.Failure when room is { FreeFiles: 0 } => new StoreFullException(store, $"{act}: no more files can be created there.", error),
        SftpStatus.Failure => new StoreFailedException(
            store, act, $"the server says no more than '{error.Message}'; where writing fails, a quota of the user may be used up.", error),
        _ => new StoreFailedException(store, act, Sentence(error.Message), error),
    };

    private static string Sentence(string text) => text.Trim().TrimEnd('.') + ".";
}
