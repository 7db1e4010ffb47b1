using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Providers.Age;
using Xunit;

namespace DrPowerShell.Providers.Tests.Age;

/// <summary>The vectors that the format's own authors hold every implementation to.</summary>
public sealed class AgeVectorTests
{
    public static TheoryData<string> Names => [.. AgeVector.Names];

    [Fact]
    public void All_of_them_are_here() => Assert.True(AgeVector.Names.Count() > 100);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_ends_as_it_must(string name)
    {
        var vector = AgeVector.Read(name);
        using var released = new MemoryStream();
        RecoveryException? error = null;
        try
        {
            await using var plain = await new AgeEncryption().DecryptAsync(new MemoryStream(vector.File), vector.Keys, TestContext.Current.CancellationToken);
            await plain.CopyToAsync(released, TestContext.Current.CancellationToken);
        }
        catch (RecoveryException e)
        {
            error = e;
        }

        switch (vector.Facts["expect"])
        {
            case "success":
                Assert.Null(error);
                Assert.Equal(vector.Facts["payload"], AgeVector.Hash(released.ToArray()));
                break;
            case "no match":
                Assert.IsType<EncryptedForOthersException>(error);
                break;
            case "payload failure":
                Assert.IsType<EncryptedDataDamagedException>(error);
                // Whole chunks only, and never the one behind which something is wrong: less than the format allows to give out.
                Assert.True(released.Length % ChunkStream.PlainLength == 0 || vector.Facts["payload"] == AgeVector.Hash(released.ToArray()), $"{released.Length} bytes came out");
                break;
            default:
                Assert.IsType<EncryptedDataDamagedException>(error);
                Assert.Equal(0, released.Length);
                break;
        }
    }
}
