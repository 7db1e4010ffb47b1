using System.Text;
using System.Text.Json;
using DrPowerShell.Core.Kubernetes;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Kubernetes;

/// <summary>What a real API server stored, against what it answered about the same objects (fixtures/kubernetes.json, made by make-kubernetes.sh).</summary>
public sealed class StoredByApiServerTests
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNameCaseInsensitive = true };

    private static readonly Fixture All = JsonSerializer.Deserialize<Fixture>(File.ReadAllBytes(Path.Combine(RepositoryPaths.Fixtures, "kubernetes.json")), Json)!;

    [Fact]
    public void Every_object_reads_as_the_API_server_serves_it()
    {
        var read = 0;
        foreach (var (name, stored) in Objects())
        {
            var item = KubernetesObjectReader.Read(name, stored.Value);
            if (item.Encoding == KubernetesEncoding.Encrypted)
            {
                continue;
            }

            var served = All.Served.Where(s => s.Uid == item.Uid).ToList();
            Assert.NotEmpty(served);
            Assert.All(served, s => Assert.Equal(
                (s.Kind, s.Namespace, s.Name, s.Created, s.Deleted), (item.Kind, item.Namespace, item.Name, item.CreationTimestamp, item.DeletionTimestamp)));
            Assert.Contains(item.ApiGroup, served.Select(s => s.Group));
            Assert.True(item.Written >= item.CreationTimestamp);
            read++;
        }

        Assert.InRange(read, 60, 100);
    }

    [Fact]
    public void A_key_alone_tells_the_same_kind_and_group_but_for_custom_resources()
    {
        foreach (var (name, stored) in Objects().Where(o => !o.Stored.Key.StartsWith("/registry/example.com/", StringComparison.Ordinal)))
        {
            var served = All.Served.Where(s => (s.Kind, s.Namespace, s.Name) == (name.ObjectKind, name.Namespace, name.Name)).Select(s => s.Group);
            Assert.True(served.Contains(name.ApiGroup), $"{stored.Key} is not a {name.ObjectKind} of '{name.ApiGroup}'");
        }
    }

    [Fact]
    public void A_renewed_lease_tells_when_and_a_secret_tells_nothing()
    {
        var lease = Objects().Single(o => o.Name.ObjectKind == "Lease");
        Assert.Equal(KubernetesKeyKind.Ephemeral, lease.Name.Kind);
        Assert.True(KubernetesObjectReader.Read(lease.Name, lease.Stored.Value).Written >= new DateTimeOffset(2026, 11, 22, 14, 5, 12, 250, TimeSpan.Zero));

        var secret = Objects().Single(o => o.Name.ObjectKind == "Secret");
        var read = KubernetesObjectReader.Read(secret.Name, secret.Stored.Value);
        Assert.Equal((KubernetesEncoding.Encrypted, "aescbc", null, "tls"), (read.Encoding, read.EncryptionProvider, read.Uid, read.Name));
    }

    [Fact]
    public void Cut_off_or_flipped_they_never_crash_and_never_show_what_steers_a_terminal()
    {
        var random = new Random(5);
        foreach (var (name, stored) in Objects())
        {
            var value = stored.Value.ToArray();
            for (var at = 0; at < value.Length; at++)
            {
                Harmless(KubernetesObjectReader.Read(name, value.AsSpan(0, at)));
                var bit = (byte)(1 << random.Next(8));
                value[at] ^= bit;
                Harmless(KubernetesObjectReader.Read(name, value));
                value[at] ^= bit;
            }
        }

        static void Harmless(KubernetesObject item) => Assert.DoesNotContain($"{item.ApiVersion}{item.Kind}{item.Uid}", char.IsControl);
    }

    private static IEnumerable<(KubernetesKey Name, StoredValue Stored)> Objects()
    {
        foreach (var stored in All.Stored)
        {
            Assert.True(KubernetesKey.TryRead(Encoding.UTF8.GetBytes(stored.Key), "/registry", out var name), stored.Key);
            if (name.Kind != KubernetesKeyKind.Record)
            {
                yield return (name, stored);
            }
        }
    }

    private sealed record Fixture(IReadOnlyList<StoredValue> Stored, IReadOnlyList<ServedObject> Served);

    private sealed record StoredValue(string Key, byte[] Value);

    private sealed record ServedObject(string ApiVersion, string Kind, string? Namespace, string Name, string Uid, DateTimeOffset Created, DateTimeOffset? Deleted)
    {
        public string Group => ApiVersion.Contains('/', StringComparison.Ordinal) ? ApiVersion.Split('/')[0] : "";
    }
}
