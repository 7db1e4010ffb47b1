using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Providers.Age;
using Xunit;

namespace DrPowerShell.Providers.Tests.Age;

public sealed class AgeKeyTests
{
    // From the test vectors of age itself.
    private const string Identity = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";

    private readonly AgeEncryption _age = new();

    [Fact]
    public void A_recipient_belongs_to_its_identity()
    {
        var pair = _age.NewKeyPair();

        Assert.Equal(pair.Recipient, _age.RecipientOf(pair.Identity));
        Assert.StartsWith("age1", pair.Recipient);
        Assert.Equal(62, pair.Recipient.Length);
        Assert.Equal(74, pair.Identity.Length);
        Assert.NotEqual(pair.Identity, _age.NewKeyPair().Identity);
        Assert.DoesNotContain("SECRET", pair.ToString());
        _age.CheckRecipient(pair.Recipient);
    }

    [Fact]
    public void Every_mistyped_character_of_a_recipient_is_seen()
    {
        var recipient = _age.RecipientOf(Identity);
        for (var i = 0; i < recipient.Length; i++)
        {
            var typo = recipient[..i] + (recipient[i] == 'q' ? 'p' : 'q') + recipient[(i + 1)..];
            Assert.Throws<EncryptionRecipientNotValidException>(() => _age.CheckRecipient(typo));
            Assert.Throws<EncryptionRecipientNotValidException>(() => _age.CheckRecipient(recipient.Remove(i, 1)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("age1")]
    [InlineData("x")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx")]
    [InlineData("age1yubikey1qwerty")]
    public void What_is_no_recipient_is_refused(string text) =>
        Assert.Equal(text, Assert.Throws<EncryptionRecipientNotValidException>(() => _age.CheckRecipient(text)).Subject);

    [Fact]
    public void A_recipient_in_capitals_and_one_of_low_order_are_refused()
    {
        Assert.Throws<EncryptionRecipientNotValidException>(() => _age.CheckRecipient(_age.RecipientOf(Identity).ToUpperInvariant()));
        Assert.Throws<EncryptionRecipientNotValidException>(() => _age.CheckRecipient(Bech32.Encode("age", new byte[32])));
        Assert.Throws<EncryptionRecipientNotValidException>(() => _age.CheckRecipient(Bech32.Encode("age", new byte[31])));
        Assert.Throws<EncryptionRecipientNotValidException>(() => _age.CheckRecipient(Bech32.Encode("other", new byte[32])));
    }

    [Fact]
    public void An_identity_is_never_shown()
    {
        foreach (var wrong in new[] { Identity[..^1], Identity.ToLowerInvariant(), Identity[..20] + "q" + Identity[21..], Identity + "Q", "AGE-SECRET-KEY-1", _age.RecipientOf(Identity) })
        {
            var error = Assert.Throws<EncryptionIdentityNotValidException>(() => _age.RecipientOf(wrong));
            Assert.DoesNotContain(wrong, error.ToString(), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("EGTZVFFV", error + $"{error.Subject}", StringComparison.OrdinalIgnoreCase);
        }

        var mistaken = Assert.Throws<EncryptionRecipientNotValidException>(() => _age.CheckRecipient(Identity));
        Assert.DoesNotContain("EGTZVFFV", mistaken + $"{mistaken.Subject}", StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Bech32_is_read_strictly()
    {
        Assert.Equal([1, 2, 3], Bech32.Decode(Bech32.Encode("age", [1, 2, 3])).Data);
        Assert.Equal("a", Bech32.Decode("A12UEL5L").Prefix);
        foreach (var wrong in new[] { "A12uEL5L", "12UEL5L", "A12UEL5", "a12uel5l ", "a1bcdefgh", "1nwldj5", "a12uel5m" })
        {
            Assert.Throws<FormatException>(() => Bech32.Decode(wrong));
        }
    }
}
