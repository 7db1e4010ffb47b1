using System.Collections.Concurrent;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Core.Tests.Configuration;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores;

/// <summary>Every secret that a restore reads is known to what writes its journal.</summary>
public sealed class RestoreSecretsTests
{
    [Fact]
    public async Task None_of_those_that_the_estate_refers_to_gets_past_the_redactor()
    {
        var (estate, mistakes) = EstateText.Bind("""
            hosts:
              etcd-1: { user: ops, password: env:HOST, key: id_host, keyPassphrase: env:HOST_KEY, jump: [{ host: ops@bastion, password: env:JUMP }] }
            repositories:
              offsite:
                uri: s3://bucket/prefix
                s3: { accessKey: env:S3_ACCESS, secretKey: env:S3_SECRET, sessionToken: env:S3_SESSION }
                encrypt: { passphrase: env:AGE }
            clusters:
              prod:
                endpoints: ['https://etcd-1:2379']
                user: root
                password: env:ETCD
                repository: offsite
                hosts: [etcd-1]
            """);
        Assert.Empty(mistakes);
        var (redactor, source) = (new Redactor(), new Planted());

        await using var world = new RestoreWorld(estate, "prod", source, new RestoreWorldOptions
        {
            KeepDirectory = "/nowhere", Redactor = redactor, Keys = new DecryptionKeys { Identities = ["AGE-SECRET-KEY-1GIVEN"] },
        });

        Assert.Equal(["AGE", "ETCD", "HOST", "HOST_KEY", "JUMP", "S3_ACCESS", "S3_SECRET", "S3_SESSION"], source.Asked.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.All(source.Asked, name => Assert.Equal("said ***.", redactor.Clean($"said {Planted.Value(name)}.")));
        Assert.Equal("***", redactor.Clean("AGE-SECRET-KEY-1GIVEN"));
    }

    private sealed class Planted : ISecretSource
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public static string Value(string name) => $"planted-{name}-correct-horse";

        public string Read(SecretReference reference)
        {
            Asked.Enqueue(reference.Name);
            return Value(reference.Name);
        }
    }
}
