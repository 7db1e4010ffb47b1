using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Providers.S3;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>What only a process on its own can show: how much memory an upload takes, and what a server says to a clock that is off.</summary>
[Collection(AloneCollection.Name)]
public sealed class S3MemoryTests(S3Buckets buckets)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upload_of_300_megabytes_holds_its_parts_under_way_and_no_more()
    {
        await using var store = await OpenAsync();
        var upload = await store.BeginPutAsync("prod/large", new(), Token);
        await using var end = upload;
        var piece = new byte[1 << 20];
        Random.Shared.NextBytes(piece);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;
        for (var i = 0; i < 300; i++)
        {
            await upload.WriteAsync(piece, Token);
            if (i % 10 == 0)
            {
                // What is referenced, without what merely waits for the next collection.
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
        }

        Assert.Equal(300L << 20, (await upload.CompleteAsync(Token)).Size);
        Assert.InRange(most, S3PartSizes.Smallest, 72 << 20);
        await store.DeleteAsync("prod/large", Token);
    }

    [Fact]
    public async Task A_clock_that_is_an_hour_off_is_told_and_not_corrected_in_silence()
    {
        Amazon.AWSConfigs.ManualClockCorrection = TimeSpan.FromHours(-1);
        try
        {
            await Assert.ThrowsAsync<StoreClockSkewedException>(OpenAsync);
        }
        finally
        {
            Amazon.AWSConfigs.ManualClockCorrection = null;
        }

        await using var store = await OpenAsync();
    }

    [Fact]
    public void Ten_thousand_parts_suffice_for_the_largest_object_and_hold_64_megabytes_at_most_for_what_backups_are()
    {
        Assert.True(Enumerable.Range(1, 10_000).Sum(n => (long)S3PartSizes.Of(n, S3PartSizes.First(null))) > 5L << 40);
        foreach (var length in new[] { 1L, 100L << 20, 8L << 30, 300L << 30, 5L << 40 })
        {
            Assert.True(S3PartSizes.First(length) * 10_000L >= length, $"{length}");
        }

        Assert.Equal(S3PartSizes.Smallest, S3PartSizes.First(40L << 30));
        foreach (var number in new[] { 1, 900, 901, 2700 })
        {
            var size = S3PartSizes.Of(number, S3PartSizes.Smallest);
            Assert.True((S3PartSizes.InFlight(size) + 1L) * size <= 64 << 20, $"part {number} of {size} bytes");
        }
    }

    private async Task<IBlobStore> OpenAsync() => await S3Stores.OpenAsync(S3Stores.Options(await CephServer.SharedAsync(), await buckets.PlainAsync(), S3Stores.NewPrefix()));
}
