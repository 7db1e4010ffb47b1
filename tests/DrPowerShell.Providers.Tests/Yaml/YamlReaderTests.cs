using DrPowerShell.Core.Configuration;
using DrPowerShell.Providers.Yaml;
using Xunit;

namespace DrPowerShell.Providers.Tests.Yaml;

public sealed class YamlReaderTests
{
    private static YamlTree Read(string text) => new YamlReader().Read(text, "f.yaml");

    [Fact]
    public void Every_part_knows_its_line_and_column()
    {
        var map = Assert.IsType<YamlMap>(Read("# first\na: 1\nb:\n  - 'x'\n  - {c: d}\n"));

        Assert.Equal(["a", "b"], map.Entries.Select(entry => entry.Key.Text));
        Assert.Equal(new YamlScalar(2, 4, "1", IsPlain: true), map.Entries[0].Value);
        var list = Assert.IsType<YamlList>(map.Entries[1].Value);
        Assert.Equal(new YamlScalar(4, 5, "x", IsPlain: false), list.Items[0]);
        Assert.Equal((5, 6), Assert.IsType<YamlMap>(list.Items[1]).Entries[0].Key is var key ? (key.Line, key.Column) : default);
    }

    [Fact]
    public void An_alias_is_what_its_anchor_holds()
    {
        var map = Assert.IsType<YamlMap>(Read("a: &x { k: v }\nb: *x\n"));

        Assert.Same(map.Entries[0].Value, map.Entries[1].Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n...\n")]
    public void Nothing_is_null(string text) => Assert.True(Assert.IsType<YamlScalar>(Read(text)).IsNull);

    [Fact]
    public void A_quoted_or_tagged_text_is_never_a_number_or_null()
    {
        var list = Assert.IsType<YamlList>(Read("['1', \"~\", !!str 1, ! 2]"));

        Assert.All(list.Items, item => Assert.False(Assert.IsType<YamlScalar>(item).IsPlain));
    }

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3", 3, 1, "twice")]
    [InlineData("? [a]\n: 1", 1, 3, "key")]
    [InlineData("a: &x b\n*x : 1", 2, 1, "key")]
    [InlineData("a: 1\n---\nb: 2", 2, 1, "second document")]
    [InlineData("a: &x {k: v}\nb:\n  <<: *x", 3, 3, "merge")]
    [InlineData("a: *nowhere", 1, 4, "*nowhere")]
    [InlineData("a: &x [*x]", 1, 8, "*x")]
    [InlineData("a: !!binary aGk=", 1, 4, "tags")]
    [InlineData("a: !secret x", 1, 4, "tags")]
    [InlineData("a: [1, 2", 2, 1, null)]
    [InlineData("a: 'b", 1, 4, null)]
    [InlineData("a: b: c", 1, 5, null)]
    [InlineData("a:\n\tb: c", 2, 1, null)]
    [InlineData("%YAML 3.0\n---\na: 1", 1, 1, null)]
    [InlineData("when: * * * * *", 1, 7, null)]
    [InlineData("a: `b`", 1, 4, null)]
    public void What_is_no_plain_YAML_is_refused_with_its_place(string text, int line, int column, string? reason)
    {
        var error = Assert.Throws<EstateNotReadableException>(() => Read(text));

        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.Equal("f.yaml", error.Subject);
        Assert.Contains(reason ?? "", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Aliases_that_expand_without_bound_are_refused()
    {
        var text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(0, 20).Select(i =>
            $"{(char)('b' + i)}: &{(char)('b' + i)} [{string.Join(',', Enumerable.Repeat("*" + (char)('a' + i), 10))}]\n"));

        Assert.Contains("more than", Assert.Throws<EstateNotReadableException>(() => Read(text)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_and_size_are_bounded()
    {
        var deep = Assert.Throws<EstateNotReadableException>(() => Read(new string('[', 200_000)));
        var large = Assert.Throws<EstateNotReadableException>(() => Read("a: " + new string('x', 1 << 20)));

        Assert.Contains("deep", deep.Reason, StringComparison.Ordinal);
        Assert.Contains("1 MB", large.Reason, StringComparison.Ordinal);
    }
}
