using System.Text;
using DrPowerShell.Core.Kubernetes;
using Xunit;

namespace DrPowerShell.Core.Tests.Kubernetes;

public sealed class KubernetesObjectReaderTests
{
    private const string Uid = "6f1c8b0e-52f4-4d5c-9f3a-0a7b3f0d9c11";

    private static readonly DateTimeOffset Created = new(2026, 11, 22, 14, 5, 12, TimeSpan.Zero);

    [Fact]
    public void Protobuf_tells_type_uid_and_times()
    {
        var value = StoredObjects.Protobuf("apps/v1", "Deployment", "web", "shop", Uid, Created, Created.AddHours(2), Created.AddHours(1));
        var read = Read("/registry/deployments/shop/web", value);

        Assert.Equal(
            new KubernetesObject
            {
                ApiVersion = "apps/v1", ApiGroup = "apps", Kind = "Deployment", Namespace = "shop", Name = "web", Uid = Uid, CreationTimestamp = Created,
                DeletionTimestamp = Created.AddHours(2), Written = Created.AddHours(1), Encoding = KubernetesEncoding.Protobuf,
            },
            read);
    }

    [Fact]
    public void A_custom_resource_tells_its_kind_by_its_JSON()
    {
        var value = StoredObjects.Json("example.com/v1alpha1", "Widget", "blue", "shop", Uid, "2026-11-22T14:05:12Z");
        var read = Read("/registry/example.com/widgets/shop/blue", value);

        Assert.Equal(("example.com/v1alpha1", "example.com", "Widget", "shop", "blue"), (read.ApiVersion, read.ApiGroup, read.Kind, read.Namespace, read.Name));
        Assert.Equal((Uid, Created, (DateTimeOffset?)null, KubernetesEncoding.Json), (read.Uid, read.CreationTimestamp, read.DeletionTimestamp, read.Encoding));
    }

    [Fact]
    public void A_lease_tells_when_it_was_renewed()
    {
        var value = StoredObjects.Protobuf("coordination.k8s.io/v1", "Lease", "node-1", "kube-node-lease", Uid, Created, renewed: Created.AddDays(3).AddMilliseconds(250));
        Assert.Equal(Created.AddDays(3).AddMilliseconds(250), Read("/registry/leases/kube-node-lease/node-1", value).Written);
    }

    [Fact]
    public void Of_an_encrypted_value_the_key_alone_tells()
    {
        var read = Read("/registry/secrets/shop/tls", [.. "k8s:enc:aescbc:v1:key1:"u8, 1, 2, 3, 0xFF]);
        Assert.Equal(
            new KubernetesObject
            {
                ApiGroup = "", Kind = "Secret", Namespace = "shop", Name = "tls", Encoding = KubernetesEncoding.Encrypted, EncryptionProvider = "aescbc",
            },
            read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("plain text")]
    [InlineData("{\"kind\":\"Pod\"}")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":{\"a\":1}}")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"\\u001b[2J\"}")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"Pod\"} x")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"\\ud800\"}")]
    [InlineData("k8s\0")]
    [InlineData("k8s:enc:")]
    public void What_cannot_be_read_leaves_what_the_key_tells(string value)
    {
        var read = Read("/registry/pods/shop/web", Encoding.UTF8.GetBytes(value));
        Assert.Equal(("Pod", "shop", "web", (string?)null, (string?)null), (read.Kind, read.Namespace, read.Name, read.ApiVersion, read.Uid));
    }

    [Fact]
    public void A_value_cut_off_anywhere_is_read_as_far_as_the_key_tells_and_never_crashes()
    {
        foreach (var value in Samples())
        {
            for (var length = 0; length < value.Length; length++)
            {
                var read = Read("/registry/pods/shop/web", value[..length]);
                Assert.Equal("web", read.Name);
                // The last two fields of the envelope are empty: without them, or without one of them, it is whole.
                Assert.True(read.Encoding is KubernetesEncoding.Unknown || length >= value.Length - 4, $"{length} of {value.Length} bytes were taken for a whole object");
            }
        }
    }

    [Fact]
    public void A_flipped_bit_anywhere_never_crashes_and_never_shows_a_control_character()
    {
        foreach (var value in Samples())
        {
            for (var bit = 0; bit < value.Length * 8; bit++)
            {
                value[bit / 8] ^= (byte)(1 << (bit % 8));
                var read = Read("/registry/pods/shop/web", value);
                value[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.DoesNotContain($"{read.ApiVersion}{read.Kind}{read.Uid}{read.EncryptionProvider}", char.IsControl);
                Assert.InRange(read.Kind.Length, 1, 512);
            }
        }
    }

    [Fact]
    public void Random_bytes_never_crash()
    {
        var random = new Random(4);
        for (var round = 0; round < 20_000; round++)
        {
            var value = new byte[random.Next(200)];
            random.NextBytes(value);
            "k8s\0"u8[..Math.Min(4, value.Length)].CopyTo(value);
            Assert.Equal("web", Read("/registry/pods/shop/web", value).Name);
        }
    }

    [Fact]
    public void Deep_JSON_ends_in_what_the_key_tells()
    {
        var value = Encoding.UTF8.GetBytes("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"x\":" + new string('[', 100_000));
        Assert.Equal(KubernetesEncoding.Unknown, Read("/registry/pods/shop/web", value).Encoding);
    }

    [Fact]
    public void Times_that_no_calendar_has_are_left_out()
    {
        foreach (var seconds in new[] { long.MinValue, long.MaxValue, -62_135_596_800, 253_402_300_800 })
        {
            byte[] metadata = [.. StoredObjects.Field(1, "web"), .. StoredObjects.Field(8, StoredObjects.Field(1, seconds))];
            byte[] value =
            [
                .. "k8s\0"u8, .. StoredObjects.Field(1, [.. StoredObjects.Field(1, "v1"), .. StoredObjects.Field(2, "Pod")]), .. StoredObjects.Field(2, StoredObjects.Field(1, metadata)),
            ];
            var read = Read("/registry/pods/shop/web", value);
            Assert.Equal((KubernetesEncoding.Protobuf, null), (read.Encoding, read.CreationTimestamp));
        }
    }

    private static IEnumerable<byte[]> Samples() =>
    [
        StoredObjects.Protobuf("v1", "Pod", "web", "shop", Uid, Created, Created, Created),
        StoredObjects.Protobuf("coordination.k8s.io/v1", "Lease", "web", "shop", Uid, Created, renewed: Created),
        StoredObjects.Json("v1", "Pod", "web", "shop", Uid, "2026-11-22T14:05:12Z"),
    ];

    private static KubernetesObject Read(string key, byte[] value)
    {
        Assert.True(KubernetesKey.TryRead(Encoding.UTF8.GetBytes(key), "/registry", out var name));
        return KubernetesObjectReader.Read(name, value);
    }
}
