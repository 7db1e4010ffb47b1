using System.Text;
using DrPowerShell.Etcd.Mvcc;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Mvcc;

public sealed class KeyTests
{
    [Fact]
    public void A_million_similar_keys_have_a_million_hashes()
    {
        var seen = new HashSet<KeyHash>(1_100_000);
        var low = new HashSet<ulong>(1_100_000);
        for (var i = 0; i < 1_000_000; i++)
        {
            var hash = KeyHash.Of(Encoding.ASCII.GetBytes($"/registry/pods/namespace/{i}"));
            Assert.True(seen.Add(hash));
            Assert.True(low.Add(hash.Low));
        }

        for (var length = 0; length < 2000; length++)
        {
            Assert.True(seen.Add(KeyHash.Of(new byte[length])), $"{length} zero bytes");
        }
    }

    [Fact]
    public void The_bits_that_choose_slot_and_part_are_spread_evenly()
    {
        var (slots, parts) = (new int[256], new int[256]);
        for (var i = 0; i < 100_000; i++)
        {
            var hash = KeyHash.Of(Encoding.ASCII.GetBytes($"k{i}"));
            slots[hash.Low & 255]++;
            parts[hash.High >> 56]++;
        }

        Assert.All(slots.Concat(parts), n => Assert.InRange(n, 270, 520));
    }

    [Fact]
    public void A_revision_is_written_and_read_back_in_its_order()
    {
        var random = new Random(5);
        var before = new Revision(1, 0);
        for (var i = 0; i < 10_000; i++)
        {
            var revision = new Revision(random.NextInt64(1, i % 2 == 0 ? 1000 : long.MaxValue), random.NextInt64(i % 3 == 0 ? 3 : long.MaxValue));
            Assert.True(Revision.TryRead(revision.ToKey(), out var read, out var isTombstone));
            Assert.Equal(revision, read);
            Assert.False(isTombstone);
            Assert.True(Revision.TryRead([.. revision.ToKey(), (byte)'t'], out read, out isTombstone) && isTombstone && read == revision);
            Assert.Equal(StoreWriter.RowKey(revision.Main, revision.Sub), revision.ToKey());
            Assert.Equal(Math.Sign(before.CompareTo(revision)), Math.Sign(before.ToKey().AsSpan().SequenceCompareTo(revision.ToKey())));
            before = revision;
        }
    }

    [Fact]
    public void What_is_no_revision_is_not_read_as_one()
    {
        var good = new Revision(5, 1).ToKey();
        Assert.False(Revision.TryRead([], out _, out _));
        Assert.False(Revision.TryRead(good.AsSpan(0, 16), out _, out _));
        Assert.False(Revision.TryRead([.. good, (byte)'x'], out _, out _));
        Assert.False(Revision.TryRead([.. good, (byte)'t', 0], out _, out _));
        Assert.False(Revision.TryRead(new Revision(0, 0).ToKey(), out _, out _));
        Assert.False(Revision.TryRead(new Revision(-1, 0).ToKey(), out _, out _));
        Assert.False(Revision.TryRead(new Revision(1, -1).ToKey(), out _, out _));
        good[8] = (byte)'-';
        Assert.False(Revision.TryRead(good, out _, out _));
    }

    [Theory]
    [InlineData(new byte[] { }, "")]
    [InlineData(new byte[] { 0x61, 0xC3, 0xA4 }, "aä")]
    [InlineData(new byte[] { 0x61, 0xFF, 0x62 }, "a\\xffb")]
    [InlineData(new byte[] { 0xC3 }, "\\xc3")]
    [InlineData(new byte[] { 0xE2, 0x82 }, "\\xe2\\x82")]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, "\\xed\\xa0\\x80")]
    [InlineData(new byte[] { 0xF0, 0x9F, 0x98, 0x80, 0x80 }, "😀\\x80")]
    public void Bytes_show_as_text_and_what_is_not_text_as_hexadecimal(byte[] bytes, string expected) => Assert.Equal(expected, EtcdText.Show(bytes));

    [Fact]
    public void Any_bytes_show_as_text_and_text_comes_back()
    {
        var random = new Random(6);
        for (var i = 0; i < 5000; i++)
        {
            var bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            var text = EtcdText.Show(bytes);
            Assert.Equal(text, EtcdText.Show(EtcdText.Parse(text)));
        }
    }

    [Theory]
    [InlineData("/a", "/a", true)]
    [InlineData("/a", "/a/b", true)]
    [InlineData("/a", "/b", false)]
    [InlineData("/a", "/", false)]
    [InlineData("", "anything", true)]
    public void A_prefix_covers_what_begins_with_it(string prefix, string key, bool contains) =>
        Assert.Equal(contains, EtcdKeyRange.Prefix(prefix).Contains(Encoding.UTF8.GetBytes(key)));

    [Fact]
    public void Ranges_agree_with_the_plain_definition_on_random_keys()
    {
        var random = new Random(7);
        string Key() => new([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (char)('a' + random.Next(3)))]);
        for (var i = 0; i < 20_000; i++)
        {
            var (a, b, key) = (Key(), Key(), Key());
            var bytes = Encoding.UTF8.GetBytes(key);
            Assert.Equal(key.StartsWith(a, StringComparison.Ordinal), EtcdKeyRange.Prefix(a).Contains(bytes));
            Assert.Equal(key == a, EtcdKeyRange.Single(a).Contains(bytes));
            Assert.Equal(
                string.CompareOrdinal(key, a) >= 0 && string.CompareOrdinal(key, b) < 0, EtcdKeyRange.Between(a, b).Contains(bytes));
            Assert.Equal(string.CompareOrdinal(key, a) >= 0, EtcdKeyRange.Between(a, "").Contains(bytes));
            Assert.Equal(string.CompareOrdinal(key, a) > 0, EtcdKeyRange.All.StartingAfter(Encoding.UTF8.GetBytes(a)).Contains(bytes));
            Assert.True(EtcdKeyRange.All.Contains(bytes));
        }
    }
}
