namespace DrPowerShell.Providers.Sftp;

/// <summary>A connection broke; nobody outside this folder sees it.</summary>
internal sealed class SftpConnectionLostException(string reason, Exception? inner = null) : Exception(reason, inner);

/// <summary>A server stopped answering; nobody outside this folder sees it.</summary>
internal sealed class SftpSilentException(TimeSpan patience) : Exception($"no answer within {patience.TotalSeconds:0} s.")
{
    public TimeSpan Patience { get; } = patience;
}

/// <summary>A server answered a request with an error; nobody outside this folder sees it.</summary>
internal sealed class SftpStatusException(SftpStatus status, string message) : Exception(message.Length > 0 ? message : status.ToString())
{
    public SftpStatus Status { get; } = status;
}

/// <summary>The status codes of SFTP version 3.</summary>
internal enum SftpStatus
{
    Ok = 0,
    EndOfFile = 1,
    NoSuchFile = 2,
    PermissionDenied = 3,
    Failure = 4,
    BadMessage = 5,
    NoConnection = 6,
    ConnectionLost = 7,
    Unsupported = 8,
}
