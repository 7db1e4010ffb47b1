using System.Security.Cryptography;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Providers.Sftp;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Providers.Tests.Sftp;

/// <summary>known_hosts files as OpenSSH writes and reads them.</summary>
public sealed class KnownHostsTests : IDisposable
{
    private static readonly Uri Store = new("sftp://backup.example/dr");

    private readonly TempFolder _folder = new("known");
    private readonly byte[] _key = Key();
    private readonly byte[] _otherKey = Key();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("backup.example", 22, "backup.example")]
    [InlineData("other,backup.example,10.0.0.1", 22, "backup.example")]
    [InlineData("*.example", 22, "backup.example")]
    [InlineData("backup.exampl?", 22, "backup.example")]
    [InlineData("BACKUP.Example", 22, "backup.EXAMPLE")]
    [InlineData("[backup.example]:2222", 2222, "backup.example")]
    [InlineData("[*]:2222", 2222, "backup.example")]
    [InlineData("backup.example", 2222, "backup.example")] // OpenSSH looks without the port where the port is not known
    [InlineData("2001:db8::1", 22, "2001:db8::1")]
    public void A_key_is_known_by_the_patterns_of_its_line(string hosts, int port, string host) =>
        Assert.Null(Check([$"{hosts} ssh-ed25519 {Convert.ToBase64String(_key)} comment"], host, port));

    [Theory]
    [InlineData("backup.example2", 22)]
    [InlineData("*.example,!backup.example", 22)]
    [InlineData("!backup.example", 22)]
    [InlineData("[backup.example]:2222", 22)]
    [InlineData("[backup.example]:2222", 2223)]
    [InlineData("# backup.example", 22)]
    [InlineData("@unknown-marker backup.example", 22)]
    [InlineData("|1|not base64|neither", 22)]
    [InlineData("", 22)]
    public void What_no_line_tells_of_is_unknown(string hosts, int port)
    {
        var error = Assert.IsType<StoreHostKeyUnknownException>(Check([$"{hosts} ssh-ed25519 {Convert.ToBase64String(_key)}"], "backup.example", port));
        Assert.Equal(KnownHostsLine.FingerprintOf(_key), error.Fingerprint);
    }

    [Fact]
    public void Another_key_for_the_host_is_a_mismatch_that_names_the_file()
    {
        var error = Assert.IsType<StoreHostKeyMismatchException>(Check([$"backup.example ssh-ed25519 {Convert.ToBase64String(_otherKey)}"]));
        Assert.Contains("/files/known_hosts", error.Message);
        Assert.Contains(KnownHostsLine.FingerprintOf(_key), error.Message);
    }

    [Fact]
    public void One_of_several_keys_of_a_host_is_enough() => Assert.Null(Check(
        [$"backup.example ssh-ed25519 {Convert.ToBase64String(_otherKey)}", $"backup.example ssh-ed25519 {Convert.ToBase64String(_key)}"]));

    [Theory]
    [InlineData("backup.example")]
    [InlineData("*")]
    public void A_revoked_key_is_refused_though_another_line_holds_it(string hosts) => Assert.IsType<StoreHostKeyRevokedException>(Check(
        [$"backup.example ssh-ed25519 {Convert.ToBase64String(_key)}", $"@revoked {hosts} ssh-ed25519 {Convert.ToBase64String(_key)}"]));

    [Fact]
    public void A_revoked_key_of_another_host_does_no_harm() => Assert.Null(Check(
        [$"@revoked other ssh-ed25519 {Convert.ToBase64String(_key)}", $"backup.example ssh-ed25519 {Convert.ToBase64String(_key)}"]));

    [Fact]
    public void The_key_of_an_authority_is_no_host_key() => Assert.IsType<StoreHostKeyUnknownException>(Check(
        [$"@cert-authority backup.example ssh-ed25519 {Convert.ToBase64String(_key)}"]));

    [Fact]
    public async Task Hosts_that_ssh_keygen_hashed_are_found()
    {
        var file = _folder["known_hosts"];
        var line = Convert.ToBase64String(_key);
        await File.WriteAllTextAsync(file, $"backup.example ssh-ed25519 {line}\n[port.example]:2222 ssh-ed25519 {line}\n");
        (await Command.RunAsync("ssh-keygen", ["-H", "-f", file])).ThrowIfFailed();
        Assert.DoesNotContain("example", await File.ReadAllTextAsync(file));

        var known = KnownHosts.Load([file]);
        Assert.Null(known.Check(Store, "backup.example", 22, "ssh-ed25519", _key));
        Assert.Null(known.Check(Store, "Port.Example", 2222, "ssh-ed25519", _key));
        Assert.IsType<StoreHostKeyMismatchException>(known.Check(Store, "backup.example", 22, "ssh-ed25519", _otherKey));
        Assert.IsType<StoreHostKeyUnknownException>(known.Check(Store, "another.example", 22, "ssh-ed25519", _key));
    }

    [Fact]
    public void Fingerprints_are_those_of_ssh_keygen()
    {
        Assert.StartsWith("SHA256:", KnownHostsLine.FingerprintOf(_key), StringComparison.Ordinal);
        Assert.DoesNotContain("=", KnownHostsLine.FingerprintOf(_key));
    }

    [Fact]
    public void Several_files_count_as_one_and_a_missing_one_as_empty()
    {
        var (first, second) = (_folder["a"], _folder["b"]);
        File.WriteAllText(first, $"backup.example ssh-rsa {Convert.ToBase64String(_otherKey)}\n");
        File.WriteAllText(second, $"backup.example ssh-ed25519 {Convert.ToBase64String(_key)}\n");
        Assert.Null(KnownHosts.Load([first, second, _folder["none"]]).Check(Store, "backup.example", 22, "ssh-ed25519", _key));
    }

    [Fact]
    public void Algorithms_of_known_keys_are_asked_for_first()
    {
        string[] algorithms = ["ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256"];
        var key = Convert.ToBase64String(_key);
        Assert.Equal("rsa-sha2-512", Parse($"h ssh-rsa {key}").Prefer(algorithms, "h", 22)[0]);
        Assert.Equal("ecdsa-sha2-nistp256", Parse($"h ecdsa-sha2-nistp256 {key}").Prefer(algorithms, "h", 22)[0]);
        Assert.Equal("ssh-ed25519-cert-v01@openssh.com", Parse($"@cert-authority h ssh-rsa {key}").Prefer(algorithms, "h", 22)[0]);
        Assert.Equal(algorithms, Parse($"@revoked h ssh-rsa {key}").Prefer(algorithms, "h", 22));
    }

    [Fact]
    public void A_hostile_pattern_takes_no_time() =>
        Assert.False(KnownHostsLine.Matches(string.Concat(Enumerable.Repeat("*a", 2000)) + "b", new string('a', 5000)));

    private static KnownHosts Parse(params string[] lines) => KnownHosts.Parse("/files/known_hosts", lines);

    private static byte[] Key() => [0, 0, 0, 11, .. "ssh-ed25519"u8, 0, 0, 0, 32, .. RandomNumberGenerator.GetBytes(32)];

    private Exception? Check(string[] lines, string host = "backup.example", int port = 22) =>
        Parse(lines).Check(Store, host, port, "ssh-ed25519", _key);
}
