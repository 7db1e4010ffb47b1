using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using DrPowerShell.Core.Ports;
using DrPowerShell.Testing;

namespace DrPowerShell.Providers.Tests.Age;

/// <summary>One of the format's public test vectors: lines of <c>key: value</c>, an empty line, then the file.</summary>
internal sealed record AgeVector(IReadOnlyDictionary<string, string> Facts, DecryptionKeys Keys, byte[] File)
{
    public static IEnumerable<string> Names => Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Fixtures, "age"))
        .Select(path => Path.GetFileName(path)).Where(name => name != "README.txt").Order(StringComparer.Ordinal);

    public static AgeVector Read(string name)
    {
        var bytes = System.IO.File.ReadAllBytes(RepositoryPaths.Fixture(Path.Combine("age", name)));
        var end = bytes.AsSpan().IndexOf("\n\n"u8);
        var lines = Encoding.ASCII.GetString(bytes, 0, end).Split('\n').Select(line => line.Split(": ", 2)).ToArray();
        var facts = lines.GroupBy(line => line[0]).ToDictionary(group => group.Key, group => group.First()[1]);
        var keys = new DecryptionKeys
        {
            Identities = [.. lines.Where(line => line[0] == "identity").Select(line => line[1])],
            Passphrase = facts.GetValueOrDefault("passphrase"),
        };
        var file = bytes[(end + 2)..];
        return new(facts, keys, facts.ContainsKey("compressed") ? Inflate(file) : file);
    }

    public static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] Inflate(byte[] bytes)
    {
        using var plain = new MemoryStream();
        using (var inflating = new ZLibStream(new MemoryStream(bytes), CompressionMode.Decompress))
        {
            inflating.CopyTo(plain);
        }

        return plain.ToArray();
    }
}
