using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Providers.Age;
using DrPowerShell.Testing;
using Xunit;
using static DrPowerShell.Providers.Tests.Age.AgeSamples;

namespace DrPowerShell.Providers.Tests.Age;

/// <summary>Debian's age and ours, in both directions.</summary>
public sealed class AgeToolTests : IDisposable
{
    private readonly TempFolder _folder = new("age");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(65536)]
    [InlineData(1_000_001)]
    public async Task Age_opens_what_we_close_and_we_what_age_closes(int length)
    {
        var pair = Quick.NewKeyPair();
        await File.WriteAllTextAsync(_folder["key"], $"# public key: {pair.Recipient}\n{pair.Identity}\n", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(_folder["ours.age"], await EncryptAsync(Bytes(length), To(pair)), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(_folder["plain"], Bytes(length), TestContext.Current.CancellationToken);

        await RunAsync("age", "-d", "-i", _folder["key"], "-o", _folder["back"], _folder["ours.age"]);
        await RunAsync("age", "-r", pair.Recipient, "-o", _folder["theirs.age"], _folder["plain"]);
        await RunAsync("age", "-a", "-r", pair.Recipient, "-o", _folder["armoured.age"], _folder["plain"]);

        // It creates the file with the first byte.
        Assert.Equal(Bytes(length), length == 0 ? [] : await File.ReadAllBytesAsync(_folder["back"], TestContext.Current.CancellationToken));
        Assert.Equal(Bytes(length), await ReadAsync("theirs.age", By(pair)));
        Assert.Equal(Bytes(length), await ReadAsync("armoured.age", By(pair)));
    }

    [Fact]
    public async Task Keys_of_age_keygen_are_ours_and_ours_are_its()
    {
        await RunAsync("age-keygen", "-o", _folder["key"]);
        var lines = await File.ReadAllLinesAsync(_folder["key"], TestContext.Current.CancellationToken);
        var pair = Quick.NewKeyPair();
        await File.WriteAllTextAsync(_folder["ours"], pair.Identity + "\n", TestContext.Current.CancellationToken);

        Assert.Equal(lines[1]["# public key: ".Length..], Quick.RecipientOf(lines[2]));
        Assert.Equal(pair.Recipient, (await RunAsync("age-keygen", "-y", _folder["ours"])).Trim());
    }

    [Fact]
    public async Task A_file_for_an_ssh_key_and_for_us_is_opened_and_one_for_the_ssh_key_alone_names_it()
    {
        var pair = Quick.NewKeyPair();
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", _folder["ssh"]);
        await File.WriteAllBytesAsync(_folder["plain"], Bytes(500), TestContext.Current.CancellationToken);
        await RunAsync("age", "-R", _folder["ssh.pub"], "-r", pair.Recipient, "-o", _folder["both.age"], _folder["plain"]);
        await RunAsync("age", "-R", _folder["ssh.pub"], "-o", _folder["ssh.age"], _folder["plain"]);

        Assert.Equal(Bytes(500), await ReadAsync("both.age", By(pair)));
        var error = await Assert.ThrowsAsync<EncryptedForOthersException>(() => ReadAsync("ssh.age", By(pair)));
        Assert.Contains("ssh-ed25519", Assert.Single(error.Recipients));
        Assert.Equal(_folder["ssh.age"], error.Subject);
    }

    [Fact]
    public async Task Age_opens_our_passphrase_and_we_open_its()
    {
        const string Passphrase = "three words here";
        // What is written for real: the work factor of age itself.
        await using (var stored = File.Create(_folder["ours.age"]))
        await using (var encrypting = new AgeEncryption().Encrypt(stored, new() { Passphrase = Passphrase }))
        {
            await encrypting.WriteAsync(Bytes(500), TestContext.Current.CancellationToken);
        }

        await File.WriteAllBytesAsync(_folder["plain"], Bytes(600), TestContext.Current.CancellationToken);
        await TypedCommand.RunAsync($"age -d -o {_folder["back"]} {_folder["ours.age"]}", [("Enter passphrase", Passphrase)]);
        await TypedCommand.RunAsync($"age -p -o {_folder["theirs.age"]} {_folder["plain"]}", [("Enter passphrase", Passphrase), ("Confirm passphrase", Passphrase)]);

        Assert.Equal(Bytes(500), await File.ReadAllBytesAsync(_folder["back"], TestContext.Current.CancellationToken));
        Assert.Equal(Bytes(600), await ReadAsync("theirs.age", new DecryptionKeys { Passphrase = Passphrase }));
        Assert.Contains(" 18\n", await File.ReadAllTextAsync(_folder["ours.age"], System.Text.Encoding.Latin1, TestContext.Current.CancellationToken));
    }

    private async Task<byte[]> ReadAsync(string name, DecryptionKeys keys)
    {
        await using var source = File.OpenRead(_folder[name]);
        await using var decrypting = await Quick.DecryptAsync(source, keys, TestContext.Current.CancellationToken);
        using var plain = new MemoryStream();
        await decrypting.CopyToAsync(plain, TestContext.Current.CancellationToken);
        return plain.ToArray();
    }

    private static async Task<string> RunAsync(string program, params string[] arguments) =>
        (await Command.RunAsync(program, arguments, cancellationToken: TestContext.Current.CancellationToken)).ThrowIfFailed().Output;
}
