using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Etcd;

/// <summary>Certificate and key files that are of no use: told before anything is sent.</summary>
public sealed class CertificateFileTests : IDisposable
{
    private readonly TempFolder _folder = new("pem");
    private readonly TestCertificates _certificates;

    public CertificateFileTests() => _certificates = new TestCertificates(_folder.CreateFolder("tls"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_CA_file_that_does_not_exist()
    {
        var error = await FailsAsync<EtcdCertificateFileNotFoundException>(o => o with { CACertificatePath = _folder["none.crt"] });
        Assert.Equal(_folder["none.crt"], error.Subject);
        Assert.Contains("-CACertificate", error.RecommendedAction);
    }

    [Fact]
    public async Task A_CA_path_that_is_a_folder()
    {
        var error = await FailsAsync<EtcdCertificateFileNotFoundException>(o => o with { CACertificatePath = _folder.CreateFolder("folder") });
        Assert.Contains("folder", error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not PEM at all")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public async Task A_CA_file_that_holds_no_certificate(string text)
    {
        var file = Write("broken.crt", text);
        var error = await FailsAsync<EtcdCertificateFileNotValidException>(o => o with { CACertificatePath = file });
        Assert.Equal(file, error.Subject);
    }

    [Fact]
    public async Task A_key_file_that_does_not_exist()
    {
        var error = await FailsAsync<EtcdCertificateFileNotFoundException>(o => o with { CertificateKeyPath = _folder["none.key"] });
        Assert.Contains("-CertificateKey", error.RecommendedAction);
    }

    [Theory]
    [InlineData("not PEM at all")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    public async Task A_key_file_that_holds_no_key(string text)
    {
        var file = Write("broken.key", text);
        var error = await FailsAsync<EtcdCertificateFileNotValidException>(o => o with { CertificateKeyPath = file });
        Assert.Equal(file, error.Subject);
    }

    [Fact]
    public async Task A_key_of_another_certificate() =>
        await FailsAsync<EtcdCertificateKeyMismatchException>(o => o with { CertificateKeyPath = _certificates.Server.KeyFile });

    [Fact]
    public async Task A_key_of_another_kind()
    {
        using var rsa = RSA.Create(2048);
        var file = Write("rsa.key", rsa.ExportPkcs8PrivateKeyPem());
        await FailsAsync<EtcdCertificateKeyMismatchException>(o => o with { CertificateKeyPath = file });
    }

    [Fact]
    public async Task A_key_with_a_passphrase()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var file = Write("secret.key", key.ExportEncryptedPkcs8PrivateKeyPem("passphrase", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        var error = await FailsAsync<EtcdCertificateKeyEncryptedException>(o => o with { CertificateKeyPath = file });
        Assert.Equal(file, error.Subject);
    }

    [Fact]
    public async Task A_certificate_without_a_key() =>
        await FailsAsync<EtcdCertificateIncompleteException>(o => o with { CertificateKeyPath = null });

    [Fact]
    public async Task A_key_without_a_certificate() =>
        await FailsAsync<EtcdCertificateIncompleteException>(o => o with { CertificatePath = null });

    [Fact]
    public async Task A_certificate_object_without_a_key()
    {
        using var bare = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(_certificates.Client.CertificateFile));
        await FailsAsync<EtcdCertificateIncompleteException>(o => o with { Certificate = bare });
    }

    [Fact]
    public async Task A_key_in_the_certificate_s_own_file_is_found()
    {
        var both = Write("both.pem", await File.ReadAllTextAsync(_certificates.Client.CertificateFile) + await File.ReadAllTextAsync(_certificates.Client.KeyFile));
        await FailsAsync<EtcdEndpointUnreachableException>(o => o with { CertificatePath = both, CertificateKeyPath = null });
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        return _folder[name];
    }

    private Task<T> FailsAsync<T>(Func<EtcdConnectionOptions, EtcdConnectionOptions> change)
        where T : Exception
    {
        var options = new EtcdConnectionOptions
        {
            Endpoints = [new Uri($"https://127.0.0.1:{FreePorts.Next()}")],
            CACertificatePath = _certificates.AuthorityFile,
            CertificatePath = _certificates.Client.CertificateFile,
            CertificateKeyPath = _certificates.Client.KeyFile,
        };
        return Assert.ThrowsAsync<T>(() => Connections.OpenAsync(change(options)));
    }
}
