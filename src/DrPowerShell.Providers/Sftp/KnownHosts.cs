using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using Renci.SshNet.Common;
using Renci.SshNet.Security;

namespace DrPowerShell.Providers.Sftp;

/// <summary>The host keys that known_hosts files hold, checked as OpenSSH checks them with StrictHostKeyChecking=yes. Nothing is ever added.</summary>
internal sealed class KnownHosts
{
    private const int DefaultPort = 22;

    private readonly IReadOnlyList<KnownHostsLine> _lines;

    private KnownHosts(IReadOnlyList<KnownHostsLine> lines) => _lines = lines;

    /// <summary>Reads the files, or the user's and the machine's own where none are named; one that is not there holds nothing.</summary>
    public static KnownHosts Load(IReadOnlyList<string> paths) =>
        new([.. (paths.Count > 0 ? paths : DefaultPaths()).Where(File.Exists).SelectMany(path => Read(path, File.ReadLines(path)))]);

    /// <summary>Reads lines of one file.</summary>
    public static KnownHosts Parse(string path, IEnumerable<string> lines) => new([.. Read(path, lines)]);

    /// <summary>
    /// Orders the algorithms so that those come first for which the host's key is known: a server with several keys then shows one that can be
    /// checked.
    /// </summary>
    public IReadOnlyList<string> Prefer(IEnumerable<string> algorithms, string host, int port)
    {
        var known = LinesOf(host, port);
        bool IsKnown(string algorithm) => known.Any(line => line.Marker switch
        {
            KnownHostsMarker.Authority => algorithm.Contains("-cert-", StringComparison.Ordinal),
            KnownHostsMarker.None => Signs(line.KeyType, algorithm),
            _ => false,
        });
        return [.. algorithms.OrderBy(algorithm => IsKnown(algorithm) ? 0 : 1)]; // a stable sort
    }

    /// <summary>Checks what a server showed; returns null where it is to be trusted.</summary>
    public Exception? Check(Uri store, string host, int port, HostKeyEventArgs shown) => shown.Certificate is { } certificate
        ? CheckCertificate(store, host, port, shown, certificate)
        : Check(store, host, port, shown.HostKeyName, shown.HostKey);

    /// <summary>Checks a plain key.</summary>
    /// <param name="key">The key as the server sends it: its type and numbers, each with its length before it.</param>
    public Exception? Check(Uri store, string host, int port, string algorithm, ReadOnlySpan<byte> key)
    {
        var name = NameOf(host, port);
        var fingerprint = KnownHostsLine.FingerprintOf(key);
        if (FindRevoked(host, port, key) is { } revoked)
        {
            return new StoreHostKeyRevokedException(store, name, fingerprint, revoked.Path);
        }

        KnownHostsLine? other = null;
        foreach (var line in LinesOf(host, port))
        {
            if (line.Marker == KnownHostsMarker.None && line.Holds(key))
            {
                return null;
            }

            other ??= line.Marker == KnownHostsMarker.None ? line : null;
        }

        return other is null
            ? new StoreHostKeyUnknownException(store, name, algorithm, fingerprint)
            : new StoreHostKeyMismatchException(store, name, algorithm, fingerprint, other.Path);
    }

    // SSH.NET has checked the certificate's signature and its time; whose signature it is and for which host is checked here.
    private Exception? CheckCertificate(Uri store, string host, int port, HostKeyEventArgs shown, Certificate certificate)
    {
        var authority = certificate.CertificateAuthorityKey;
        if (FindRevoked(host, port, authority) is { } revoked)
        {
            return new StoreHostKeyRevokedException(store, NameOf(host, port), KnownHostsLine.FingerprintOf(authority), revoked.Path);
        }

        var trusted = certificate.Type == Certificate.CertificateType.Host
            && certificate.CriticalOptions.Count == 0
            && (certificate.ValidPrincipals.Count == 0 || certificate.ValidPrincipals.Any(principal => KnownHostsLine.Matches(principal, host)))
            && FindRevoked(host, port, shown.HostKey) is null
            && LinesOf(host, port).Any(line => line.Marker == KnownHostsMarker.Authority && line.Holds(authority));

        // As OpenSSH does, a certificate that nobody here vouches for is taken as the plain key that it holds.
        return trusted ? null : Check(store, host, port, shown.HostKeyName, shown.HostKey);
    }

    private KnownHostsLine? FindRevoked(string host, int port, ReadOnlySpan<byte> key)
    {
        foreach (var line in _lines)
        {
            if (line.Marker == KnownHostsMarker.Revoked && line.Holds(key) && (line.IsFor(NameOf(host, port)) || line.IsFor(host)))
            {
                return line;
            }
        }

        return null;
    }

    // A host on another port is looked for as [host]:port, and where nothing stands there, by its name alone: OpenSSH's own rule.
    private List<KnownHostsLine> LinesOf(string host, int port)
    {
        var lines = _lines.Where(line => line.Marker != KnownHostsMarker.Revoked && line.IsFor(NameOf(host, port))).ToList();
        return lines.Count > 0 || port == DefaultPort ? lines : [.. _lines.Where(line => line.Marker != KnownHostsMarker.Revoked && line.IsFor(host))];
    }

    private static string NameOf(string host, int port) =>
        port == DefaultPort ? host.ToLowerInvariant() : FormattableString.Invariant($"[{host.ToLowerInvariant()}]:{port}");

    private static bool Signs(string keyType, string algorithm) =>
        keyType == algorithm || (keyType == "ssh-rsa" && algorithm is "rsa-sha2-256" or "rsa-sha2-512");

    private static IEnumerable<KnownHostsLine> Read(string path, IEnumerable<string> lines) =>
        lines.Select(line => KnownHostsLine.TryParse(path, line)).OfType<KnownHostsLine>();

    private static IReadOnlyList<string> DefaultPaths()
    {
        var user = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".ssh");
        var machine = OperatingSystem.IsWindows()
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "ssh")
            : "/etc/ssh";
        return
        [
            Path.Combine(user, "known_hosts"), Path.Combine(user, "known_hosts2"),
            Path.Combine(machine, "ssh_known_hosts"), Path.Combine(machine, "ssh_known_hosts2"),
        ];
    }
}
