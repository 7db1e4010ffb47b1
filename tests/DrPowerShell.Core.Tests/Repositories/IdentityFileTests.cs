using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Repositories;

public sealed class IdentityFileTests : IDisposable
{
    private readonly TempFolder _folder = new("identity");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_of_identities_is_read_and_what_is_wrong_in_it_is_told_without_showing_it()
    {
        var pairs = Enumerable.Range(0, 2).Select(number => EncryptionKeyFile.Create(_folder[$"{number}"], TimeProvider.System)).ToArray();
        File.WriteAllText(_folder["both"], $"# ours\r\n\r\n{Identity("0")}\r\n  {Identity("1")}");
        var file = IdentityFile.FromFile(_folder["both"]);

        Assert.Equal([Identity("0"), Identity("1")], file.Identities);
        Assert.DoesNotContain("SECRET", file.ToString());
        Assert.Equal(OperatingSystem.IsWindows(), file.Warnings.Count == 0);
        Assert.Empty(IdentityFile.FromFile(_folder["0"]).Warnings);
        foreach (var (text, reason) in new[]
        {
            ("# nothing\n", "no key"), (pairs[0].Recipient, "recipient"), ("age-encryption.org/v1\n-> scrypt", "encrypted"), ("AGE-PLUGIN-YUBIKEY-1", "plugin"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----", "SSH"), (Identity("0")[..^1], "line 1"), (new string('#', 100_000), "too large"), ("\0\xff", "line 1"),
        })
        {
            File.WriteAllText(_folder["wrong"], text);
            var error = Assert.Throws<EncryptionIdentityNotValidException>(() => IdentityFile.FromFile(_folder["wrong"]));
            Assert.Contains(reason, error.Message);
            Assert.DoesNotContain(Identity("0")[20..40], error.ToString());
        }
    }

    private string Identity(string name) => File.ReadAllLines(_folder[name])[2];
}
