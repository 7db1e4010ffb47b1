using System.Text;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Core.Repositories;

/// <summary>A file of identities, as <c>age-keygen</c> writes it: a key a line; lines that are empty or begin with '#' are comments.</summary>
public sealed record IdentityFile
{
    private const int LargestLength = 1 << 16;
    private const UnixFileMode OpenToOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private IdentityFile()
    {
    }

    /// <summary>The file that was read.</summary>
    public required string Path { get; init; }

    /// <summary>The identities, secret.</summary>
    public required IReadOnlyList<string> Identities { get; init; }

    /// <summary>What a user should know: that others may read the file, for one.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Reads a file and checks every identity in it.</summary>
    /// <exception cref="EncryptionIdentityNotValidException">It holds none, or a line is none.</exception>
    public static IdentityFile FromFile(string path)
    {
        using var stream = File.OpenRead(path);
        var bytes = new byte[LargestLength + 1];
        var count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (count > LargestLength)
        {
            throw new EncryptionIdentityNotValidException(path, "it is too large for a file of keys.");
        }

        var identities = Read(Encoding.UTF8.GetString(bytes, 0, count), path);
        Array.Clear(bytes);
        return new() { Path = path, Identities = identities, Warnings = Check(path) };
    }

    public override string ToString() => $"{Identities.Count} identities in {Path}";

    private static List<string> Read(string text, string path)
    {
        if (text.StartsWith("age-encryption.org/", StringComparison.Ordinal) || text.StartsWith("-----BEGIN AGE ENCRYPTED", StringComparison.Ordinal))
        {
            throw new EncryptionIdentityNotValidException(path, "the file itself is encrypted. Decrypt it first, with 'age --decrypt'.");
        }

        var identities = new List<string>();
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            try
            {
                ProviderLoader.Catalog.Age.RecipientOf(line);
            }
            catch (EncryptionIdentityNotValidException e)
            {
                throw new EncryptionIdentityNotValidException($"{path}, line {i + 1}", Kind(line) ?? e.Reason);
            }

            identities.Add(line);
        }

        return identities.Count > 0 ? identities : throw new EncryptionIdentityNotValidException(path, "the file holds no key.");
    }

    private static string? Kind(string line) =>
        line.StartsWith("age1", StringComparison.Ordinal) ? "it is a recipient, which is public; the identity that belongs to it is meant."
        : line.StartsWith("AGE-PLUGIN-", StringComparison.OrdinalIgnoreCase) ? "it is the key of a plugin of age; only X25519 keys are read here."
        : line.StartsWith("AGE-SECRET-KEY-PQ-", StringComparison.OrdinalIgnoreCase) ? "it is a post-quantum key; only X25519 keys are read here."
        : line.StartsWith("-----BEGIN", StringComparison.Ordinal) ? "it is a PEM or SSH key; only X25519 keys of age are read here."
        : null;

    private static string[] Check(string path) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OpenToOthers) != UnixFileMode.None
        ? [$"Others may read {path}, which opens every backup encrypted to it: make it its owner's alone (chmod 600)."]
        : [];
}
