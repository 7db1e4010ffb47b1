using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Hosts.Errors;

/// <summary>The user who logs in to a host gets no shell that runs commands.</summary>
public sealed class HostShellNotUsableException(string host, string user, string reason) : RecoveryException(
    FailureKind.Permission,
    host,
    $"{host}: the account {user} runs no commands: {reason}.",
    "Name a user in the estate whose login shell is a plain one (getent passwd), and whom the SSH server forces into no other command (ForceCommand, sftp only).");

/// <summary>A host's key stands in no known_hosts file.</summary>
public sealed class HostKeyUnknownException(string host, string reason, Exception inner) : RecoveryException(
    FailureKind.Security,
    host,
    $"{host}: {reason}",
    "Compare the fingerprint with the one on the host itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then add the key to known_hosts.",
    inner);

/// <summary>A host shows another key than known_hosts holds.</summary>
public sealed class HostKeyMismatchException(string host, string reason, Exception inner) : RecoveryException(
    FailureKind.Security,
    host,
    $"{host}: {reason}",
    "Do not go on before you know why. Where the machine was reinstalled, replace its line in known_hosts.",
    inner);

/// <summary>A host shows a key that known_hosts marks as revoked.</summary>
public sealed class HostKeyRevokedException(string host, string reason, Exception inner) : RecoveryException(
    FailureKind.Security, host, $"{host}: {reason}", "Do not use this host before it has a new key: others know this one.", inner);

/// <summary>A host, or one on the way to it, lets the user not in.</summary>
public sealed class HostLoginRefusedException(string host, string reason, Exception inner) : RecoveryException(
    FailureKind.Authentication,
    host,
    $"{host}: login refused: {reason}",
    "Check user and key of this host in the estate, and that the key is in the user's authorized_keys there; the SSH server's own log (journalctl -u ssh) tells more.",
    inner);

/// <summary>Nothing tells how to log in to a host.</summary>
public sealed class HostCredentialsMissingException(string host, string reason, Exception inner) : RecoveryException(
    FailureKind.Authentication, host, $"{host}: {reason}", "Name a key or a password for this host in the estate.", inner);

/// <summary>sudo on the host asks for a password, or does not know the user.</summary>
public sealed class SudoRefusedException(string host, string user, string reason) : RecoveryException(
    FailureKind.Permission, host, $"{host}: sudo refuses {user}: {reason}.", "Allow the user there to run /bin/sh as root without a password (NOPASSWD in sudoers), or log in as root.");
