using System.Text;
using DrPowerShell.Etcd.Mvcc;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Mvcc;

public sealed unsafe class KeyIndexTests
{
    [Theory]
    [InlineData(500, 0)]
    [InlineData(20_000, 0)]
    [InlineData(100_000, 100_000)]
    public void Every_key_is_met_once_over_all_parts_with_its_newest_row(int keys, int expected)
    {
        using var index = new KeyIndex(expected, 4096);
        var found = new Dictionary<(ulong, ulong), long>();
        var passes = 0;
        do
        {
            passes++;
            for (var row = 0; row < 2 * keys; row++)
            {
                var hash = KeyHash.Of(Encoding.ASCII.GetBytes($"k{row % keys}"));
                if (index.IsInPart(hash) && index.FindOrAdd(hash, (uint)row) is var entry && entry != null)
                {
                    entry->Main = row;
                }
            }

            index.ForEach((in KeyIndex.Entry entry) => found.Add((entry.Low, entry.High), entry.Main));
        }
        while (index.NextPart());

        Assert.Equal(keys, found.Count);
        for (var key = 0; key < keys; key++)
        {
            var hash = KeyHash.Of(Encoding.ASCII.GetBytes($"k{key}"));
            Assert.Equal(keys + key, found[(hash.Low, hash.High)]);
        }

        Assert.True(keys < 3000 ? passes == 1 : passes > keys / 4096, $"{passes} passes.");
    }
}
