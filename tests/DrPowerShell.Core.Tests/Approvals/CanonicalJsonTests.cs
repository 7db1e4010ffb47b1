using System.Text;
using System.Text.Json;
using DrPowerShell.Core.Approvals;
using Xunit;

namespace DrPowerShell.Core.Tests.Approvals;

public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData("""{ "b" : 1, "a" : [ true, null, "x" ] }""", """{"a":[true,null,"x"],"b":1}""")]
    [InlineData("""{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}""", "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":1,\"\ud83d\ude00\":5,\"\ufb33\":3}")]
    [InlineData("""["\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"]""", "[\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"]")]
    [InlineData("[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]", "[333333333.3333333,1e+30,4.5,0.002,1e-27]")]
    [InlineData("[1.0, -0, -0.0, 1e3, 1e21, 1e20, 123e-7, -1.5E-7]", "[1,0,0,1000,1e+21,100000000000000000000,0.0000123,-1.5e-7]")]
    [InlineData("[9007199254740993, 9223372036854775807]", "[9007199254740993,9223372036854775807]")]
    [InlineData("[9.5, 0.1, 100.0, 1.7976931348623157e308, 5e-324, 0.000001, 0.0000001]", "[9.5,0.1,100,1.7976931348623157e+308,5e-324,0.000001,1e-7]")]
    public void A_value_has_one_spelling(string written, string canonical)
    {
        using var json = JsonDocument.Parse(written);

        Assert.Equal(canonical, Encoding.UTF8.GetString(CanonicalJson.Bytes(json.RootElement)));
    }

    [Fact]
    public void A_digest_does_not_depend_on_order_and_blanks_but_on_every_value()
    {
        static string Of(string text) => PlanDigest.Of(JsonDocument.Parse(text).RootElement);

        var digest = Of("""{"target":"prod","hosts":{"etcd-1":{"dir":"/var/lib/etcd"}}}""");

        Assert.Matches("^[0-9a-f]{64}$", digest);
        Assert.Equal(digest, Of("""{ "hosts": {"etcd-1": {"dir":"\u002fvar/lib/etcd"} }, "target": "prod" }"""));
        Assert.NotEqual(digest, Of("""{"target":"prod","hosts":{"etcd-1":{"dir":"/var/lib/etce"}}}"""));
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""["\ud800"]""")]
    [InlineData("[1e999]")]
    public void What_two_readers_could_take_for_two_things_has_no_spelling(string written)
    {
        using var json = JsonDocument.Parse(written);

        Assert.Throws<FormatException>(() => CanonicalJson.Bytes(json.RootElement));
    }

    [Fact]
    public void The_parts_of_a_plan_tell_which_one_changed()
    {
        static IReadOnlyDictionary<string, string> Of(string text) => PlanDigest.Parts(JsonDocument.Parse(text).RootElement);

        var before = Of("""{"target":"prod","hosts":{"etcd-1":1,"etcd-2":2},"scripts":{}}""");
        var after = Of("""{"target":"prod","hosts":{"etcd-1":1,"etcd-2":3},"scripts":{}}""");

        Assert.Equal(["hosts.etcd-1", "hosts.etcd-2", "scripts", "target"], before.Keys);
        Assert.Equal(["hosts.etcd-2"], before.Keys.Where(name => before[name] != after[name]));
    }
}
