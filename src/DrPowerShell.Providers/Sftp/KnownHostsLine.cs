using System.Security.Cryptography;
using System.Text;

namespace DrPowerShell.Providers.Sftp;

/// <summary>What the mark at the beginning of a line says of its key.</summary>
internal enum KnownHostsMarker
{
    None,

    /// <summary><c>@cert-authority</c>: the key signs the certificates of these hosts.</summary>
    Authority,

    /// <summary><c>@revoked</c>: the key must not be accepted.</summary>
    Revoked,
}

/// <summary>One line: <c>[@marker] hosts key-type base64-key [comment]</c>, as sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", tells it.</summary>
internal sealed class KnownHostsLine
{
    private readonly string[] _patterns;
    private readonly byte[] _key;

    private KnownHostsLine(string path, KnownHostsMarker marker, string[] patterns, string keyType, byte[] key) =>
        (Path, Marker, _patterns, KeyType, _key) = (path, marker, patterns, keyType, key);

    /// <summary>The file that it stands in.</summary>
    public string Path { get; }

    public KnownHostsMarker Marker { get; }

    /// <summary>As in <c>ssh-ed25519</c>.</summary>
    public string KeyType { get; }

    /// <summary>Reads a line; null for a comment, an empty line, and one that OpenSSH would ignore too.</summary>
    public static KnownHostsLine? TryParse(string path, string line)
    {
        var words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var marker = words is [var first, ..] && first.StartsWith('@')
            ? first switch { "@revoked" => KnownHostsMarker.Revoked, "@cert-authority" => KnownHostsMarker.Authority, _ => (KnownHostsMarker?)null }
            : KnownHostsMarker.None;
        if (words.Length == 0 || words[0].StartsWith('#') || marker is not { } known
            || words[(known == KnownHostsMarker.None ? 0 : 1)..] is not [var hosts, var type, var text, ..])
        {
            return null;
        }

        var key = new byte[text.Length];
        return Convert.TryFromBase64String(text, key, out var length) ? new(path, known, hosts.Split(','), type, key[..length]) : null;
    }

    /// <summary>Whether it tells of a host, named as <c>host</c> or <c>[host]:port</c>.</summary>
    public bool IsFor(string name)
    {
        var matches = false;
        foreach (var pattern in _patterns)
        {
            if (pattern.StartsWith('|'))
            {
                matches |= MatchesHash(pattern, name);
            }
            else if (pattern.StartsWith('!'))
            {
                // One negated pattern that matches outweighs all others of the line.
                if (Matches(pattern[1..], name))
                {
                    return false;
                }
            }
            else
            {
                matches |= Matches(pattern, name);
            }
        }

        return matches;
    }

    public bool Holds(ReadOnlySpan<byte> key) => key.SequenceEqual(_key);

    /// <summary>The fingerprint as ssh-keygen -l prints it.</summary>
    public static string FingerprintOf(ReadOnlySpan<byte> key) => "SHA256:" + Convert.ToBase64String(SHA256.HashData(key)).TrimEnd('=');

    /// <summary>Whether a name matches a pattern with <c>*</c> and <c>?</c>, in any case; time grows with the product of their lengths at most.</summary>
    public static bool Matches(string pattern, string name)
    {
        var (p, n, star, resume) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, resume) = (p++, n);
            }
            else if (p < pattern.Length && (pattern[p] == '?' || char.ToLowerInvariant(pattern[p]) == char.ToLowerInvariant(name[n])))
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                (p, n) = (star + 1, ++resume);
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }

    // |1|salt|hash, both base64: the hash is HMAC-SHA1 of the name under the salt.
    private static bool MatchesHash(string pattern, string name)
    {
        var (salt, hash) = (new byte[pattern.Length], new byte[pattern.Length]);
        return pattern.Split('|') is ["", "1", var saltText, var hashText]
            && Convert.TryFromBase64String(saltText, salt, out var saltLength)
            && Convert.TryFromBase64String(hashText, hash, out var hashLength)
            && HMACSHA1.HashData(salt.AsSpan(0, saltLength), Encoding.UTF8.GetBytes(name)).AsSpan().SequenceEqual(hash.AsSpan(0, hashLength));
    }
}
