using System.Security.Cryptography;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Schedules;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Configuration;

public sealed class EstateResolutionTests : IDisposable
{
    private readonly TempFolder _folder = new("estate");
    private readonly KnownSecrets _secrets = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_cluster_becomes_what_a_connection_asks_for()
    {
        var estate = Bind("""
            clusters:
              prod: { endpoints: [https://etcd-1, 'https://[::1]:1234'], caCertificate: pki/ca.pem, certificate: /c.pem, user: root, password: secret:V/etcd/root, timeout: 9s }
            """);

        var options = estate.Cluster("prod", _secrets);

        Assert.Equal([new Uri("https://etcd-1:2379"), new Uri("https://[::1]:1234")], options.Endpoints);
        Assert.Equal(("prod", "root", "value of secret:V/etcd/root", TimeSpan.FromSeconds(9)), (options.Name, options.UserName, options.Password, options.RequestTimeout));
        Assert.Equal((_folder["pki", "ca.pem"], "/c.pem", "/c.pem"), (options.CACertificatePath, options.CertificatePath, options.CertificateKeyPath));
        Assert.Throws<ClusterNotFoundException>(() => estate.Cluster("prd", _secrets));
    }

    [Fact]
    public void A_repository_becomes_what_a_store_asks_for()
    {
        var pair = ProviderLoader.Catalog.Age.NewKeyPair();
        File.WriteAllText(_folder["more.txt"], $"# auditors\n\n{pair.Recipient}\n");
        using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            File.WriteAllText(_folder["sign.key"], key.ExportEncryptedPkcs8PrivateKeyPem("value of env:SIGN", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
            File.WriteAllText(_folder["sign.pub"], key.ExportSubjectPublicKeyInfoPem());
        }

        var estate = Bind($$"""
            recipients: { ops: {{pair.Recipient}} }
            trust: [sign.pub]
            repositories:
              s3:
                uri: s3://Bucket/prefix?region=eu
                offsite: false
                lock: { mode: governance, days: 7 }
                compression: 0
                encrypt: { recipients: [ops], recipientFiles: [more.txt], identities: ['env:ID'] }
                sign: { key: sign.key, passphrase: env:SIGN }
                unfinishedAfter: 2h
                s3: { endpoint: https://s3.example.net, pathStyle: false, accessKey: env:A, secretKey: env:S, caCertificate: ca.pem }
              ssh:
                uri: sftp://me@h:23/x
                trust: []
                sftp: { key: id, keyPassphrase: env:P, knownHosts: [kh], jump: [{ host: 'a@[::1]:24', password: env:J }, { host: b@c }] }
              here: { uri: ./here, encrypt: { passphrase: env:W } }
            """);

        var s3 = estate.Repository("s3", _secrets);
        Assert.Equal(("s3", "s3.example.net", false, 0, TimeSpan.FromHours(2)), (s3.Name, s3.Place, s3.IsOffsite, s3.CompressionLevel, s3.UnfinishedAfter));
        Assert.Equal(new RepositoryLockPolicy(BlobLockMode.Governance, 7), s3.Lock);
        Assert.Equal([pair.Recipient], s3.Encryption.Recipients);
        Assert.Equal(("eu", "value of env:A", "value of env:S", _folder["ca.pem"], (bool?)false), (s3.S3.Region, s3.S3.AccessKey, s3.S3.SecretKey, s3.S3.CACertificatePath, s3.S3.PathStyle));
        Assert.NotNull(s3.Signer);
        Assert.True(s3.Trust.IsRequired);

        var ssh = estate.Repository("ssh", _secrets);
        Assert.True(ssh.IsOffsite);
        Assert.False(ssh.Trust.IsRequired);
        Assert.Equal((_folder["id"], "value of env:P"), (ssh.Sftp.KeyPath, ssh.Sftp.KeyPassphrase));
        Assert.Equal(["a@::1:24", "b@c:22"], ssh.Sftp.Jumps.Select(jump => jump.ToString()));
        Assert.Equal("value of env:J", ssh.Sftp.Jumps[0].Access.Password);

        var here = estate.Repository("here", _secrets);
        Assert.Equal((_folder["here"], "local", "value of env:W"), (here.Uri.LocalPath, here.Place, here.Encryption.Passphrase));
        Assert.Equal("Passphrase", estate.Describe("here").Encryption);

        _secrets.Values["env:ID"] = $"# mine\n{pair.Identity}\n";
        Assert.Equal([pair.Identity], estate.DecryptionKeys("s3", _secrets).Identities);
        Assert.Throws<RepositoryNotFoundException>(() => estate.Repository("s4", _secrets));
        Assert.Throws<ScheduleNotFoundException>(() => estate.Schedule("nightly"));
    }

    [Fact]
    public void A_recipient_file_that_holds_an_identity_or_nothing_is_refused_and_not_repeated()
    {
        var pair = ProviderLoader.Catalog.Age.NewKeyPair();
        var estate = Bind("repositories: { r: { uri: ./r, encrypt: { recipientFiles: [keys.txt] } } }");

        File.WriteAllText(_folder["keys.txt"], pair.Identity);
        var error = Assert.Throws<EncryptionRecipientNotValidException>(() => estate.Repository("r", _secrets));
        File.WriteAllText(_folder["keys.txt"], "# nobody\n");

        Assert.DoesNotContain(pair.Identity, error.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Throws<EncryptionRecipientNotValidException>(() => estate.Repository("r", _secrets));
    }

    [Fact]
    public void Nothing_is_asked_for_before_it_is_needed()
    {
        var estate = Bind("repositories: { r: { uri: s3://b, sign: { key: missing.pem }, trust: [missing.pub], s3: { accessKey: env:A, secretKey: env:S } } }");

        Assert.True(estate.Describe("r").IsSigned);
        Assert.DoesNotContain("value of", estate.Repositories["r"].ToString(), StringComparison.Ordinal);
        Assert.Empty(_secrets.Asked);
    }

    [Theory]
    [InlineData("env:DR_TEST_SECRET_THAT_IS_NOT_SET", "is not set")]
    [InlineData("file:missing.txt", "no such file")]
    [InlineData("file:.", "cannot be read")]
    [InlineData("file:empty.txt", "empty")]
    [InlineData("file:large.txt", "64 KB")]
    [InlineData("file:bytes.bin", "UTF-8")]
    public void A_reference_that_leads_nowhere_is_an_error_that_names_the_reference_alone(string text, string reason)
    {
        File.WriteAllText(_folder["empty.txt"], "\n");
        File.WriteAllText(_folder["large.txt"], new string('x', 100_000));
        File.WriteAllBytes(_folder["bytes.bin"], [0x70, 0x71, 0xFF, 0xFE]);

        var error = Assert.Throws<SecretNotFoundException>(() => new SecretReader().Read(Reference(text)));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("xxx", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("pq", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_are_read_from_the_environment_from_files_and_from_whoever_knows_vaults()
    {
        File.WriteAllText(_folder["token"], " two words \r\n");
        Environment.SetEnvironmentVariable("DR_TEST_SECRET_4711", "planted");

        Assert.Equal(" two words ", new SecretReader().Read(Reference("file:token")));
        Assert.Equal("planted", new SecretReader().Read(Reference("env:DR_TEST_SECRET_4711")));
        Assert.Equal("value of secret:V/a/b", new SecretReader(_secrets).Read(Reference("secret:V/a/b")));
        Assert.Throws<SecretVaultsNotAvailableException>(() => new SecretReader().Read(Reference("secret:V/a")));
        Assert.Equal("file:" + _folder["token"], Reference("file:token").ToString());
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("env:")]
    [InlineData("env:A B")]
    [InlineData("file:")]
    [InlineData("secret:V")]
    [InlineData("secret:/n")]
    [InlineData("https://h")]
    public void What_is_no_reference_is_none(string text) => Assert.False(SecretReference.TryParse(text, _folder.FullName, out _));

    private SecretReference Reference(string text) => SecretReference.TryParse(text, _folder.FullName, out var reference) ? reference : throw new FormatException(text);

    private Core.Configuration.Estate Bind(string text)
    {
        var (estate, mistakes) = EstateText.Bind(text, _folder["dr.yaml"]);
        Assert.Empty(mistakes);
        return estate;
    }

    private sealed class KnownSecrets : ISecretSource
    {
        public Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

        public List<string> Asked { get; } = [];

        public string Read(SecretReference reference)
        {
            Asked.Add(reference.ToString());
            return Values.GetValueOrDefault(reference.ToString(), "value of " + reference);
        }
    }
}
