using System.Net;
using System.Net.Sockets;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Etcd;

/// <summary>Certificates that one side does not accept: each way its own error.</summary>
public sealed class TlsErrorTests(SharedClusters clusters)
{
    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task A_server_that_another_authority_signed_is_not_trusted(EtcdRelease release)
    {
        var cluster = await clusters.GetAsync(release, tls: true);
        var options = cluster.Options() with { CACertificatePath = cluster.Certificates.OtherAuthorityFile };
        var error = await Assert.ThrowsAsync<EtcdServerCertificateNotTrustedException>(() => Connections.OpenAsync(options));
        Assert.Equal("CN=dr-server", error.Certificate.Subject);
        Assert.Contains("-CACertificate", error.RecommendedAction);
    }

    [Fact]
    public async Task Without_a_CA_file_the_machine_s_own_store_decides()
    {
        var cluster = await clusters.GetAsync(EtcdBinaries.V35, tls: true);
        await Assert.ThrowsAsync<EtcdServerCertificateNotTrustedException>(
            () => Connections.OpenAsync(cluster.Options() with { CACertificatePath = null }));
    }

    [Fact]
    public async Task A_CA_file_may_hold_several_authorities()
    {
        var cluster = await clusters.GetAsync(EtcdBinaries.V35, tls: true);
        using var folder = new TempFolder("ca");
        var both = folder["both.pem"];
        await File.WriteAllTextAsync(both, File.ReadAllText(cluster.Certificates.OtherAuthorityFile) + File.ReadAllText(cluster.Certificates.AuthorityFile));
        await using var connection = await Connections.OpenAsync(cluster.Options() with { CACertificatePath = both });
        Assert.Single((await connection.GetMembersAsync(default)).Members);
    }

    [Fact]
    public async Task The_server_s_own_certificate_may_stand_in_the_CA_file_as_with_etcdctl()
    {
        var cluster = await clusters.GetAsync(EtcdBinaries.V35, tls: true);
        await using var connection = await Connections.OpenAsync(
            cluster.Options() with { CACertificatePath = cluster.Certificates.Server.CertificateFile });
        Assert.Single((await connection.GetMembersAsync(default)).Members);
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task An_expired_server_certificate_says_since_when_and_can_still_be_read(EtcdRelease release)
    {
        await using var expired = await EtcdTestCluster.StartAsync(
            release, new EtcdClusterOptions { Tls = true, ServerCertificate = c => c.ExpiredServer });
        var error = await Assert.ThrowsAsync<EtcdServerCertificateExpiredException>(() => expired.ConnectAsync());
        Assert.InRange(error.Certificate.NotAfter, DateTimeOffset.UtcNow.AddHours(-2), DateTimeOffset.UtcNow);

        await using var good = await (await clusters.GetAsync(release)).ConnectAsync();
        var read = await good.GetServerCertificateAsync(expired.Endpoints[0], default);
        Assert.Equal(error.Certificate, read);
    }

    [Fact]
    public async Task A_server_certificate_of_tomorrow_is_not_valid_yet()
    {
        await using var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new EtcdClusterOptions
        {
            Tls = true,
            ServerCertificate = c => c.Issue("tomorrow", DateTimeOffset.UtcNow.AddDays(1), DateTimeOffset.UtcNow.AddDays(2)),
        });
        await Assert.ThrowsAsync<EtcdServerCertificateNotYetValidException>(() => cluster.ConnectAsync());
    }

    [Fact]
    public async Task A_certificate_for_other_hosts_names_those()
    {
        // 127.0.0.2 is loopback too, and not among the names of the test certificates.
        var plan = EtcdTestCluster.Plan(1, tls: true);
        var member = plan.Members[0];
        plan = plan with { Members = [member with { ClientUrl = new UriBuilder(member.ClientUrl) { Host = "127.0.0.2" }.Uri }] };
        await using var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new EtcdClusterOptions { Plan = plan });
        var error = await Assert.ThrowsAsync<EtcdServerCertificateNameMismatchException>(() => cluster.ConnectAsync());
        Assert.Contains("localhost", error.Message);
        Assert.Contains("127.0.0.2", error.Message);
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task A_missing_client_certificate_is_told_from_a_slow_server(EtcdRelease release)
    {
        var cluster = await clusters.GetAsync(release, tls: true);
        var options = cluster.Options() with { CertificatePath = null, CertificateKeyPath = null };
        var error = await Assert.ThrowsAsync<EtcdClientCertificateRequiredException>(() => Connections.OpenAsync(options));
        Assert.Contains("-CertificateKey", error.RecommendedAction);
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task A_client_certificate_of_another_authority_is_rejected(EtcdRelease release)
    {
        var cluster = await clusters.GetAsync(release, tls: true);
        var pair = cluster.Certificates.OtherClient;
        var options = cluster.Options() with { CertificatePath = pair.CertificateFile, CertificateKeyPath = pair.KeyFile };
        var error = await Assert.ThrowsAsync<EtcdClientCertificateRejectedException>(() => Connections.OpenAsync(options));
        Assert.Equal("CN=dr-other-client", error.Certificate.Subject);
    }

    [Fact]
    public async Task TLS_1_2_refuses_client_certificates_in_the_handshake_and_ends_in_the_same_errors()
    {
        await using var cluster = await EtcdTestCluster.StartAsync(
            EtcdBinaries.V35, new EtcdClusterOptions { Tls = true, ExtraArguments = ["--tls-max-version", "TLS1.2"] });
        await using (var connection = await cluster.ConnectAsync())
        {
            Assert.Single((await connection.GetMembersAsync(default)).Members);
        }

        await Assert.ThrowsAsync<EtcdClientCertificateRequiredException>(
            () => Connections.OpenAsync(cluster.Options() with { CertificatePath = null, CertificateKeyPath = null }));
        var other = cluster.Certificates.OtherClient;
        await Assert.ThrowsAsync<EtcdClientCertificateRejectedException>(
            () => Connections.OpenAsync(cluster.Options() with { CertificatePath = other.CertificateFile, CertificateKeyPath = other.KeyFile }));
        await Assert.ThrowsAsync<EtcdEndpointSpeaksTlsException>(
            () => Connections.OpenAsync(new() { Endpoints = [new UriBuilder(cluster.Endpoints[0]) { Scheme = "http" }.Uri] }));
    }

    [Fact]
    public async Task An_expired_client_certificate_is_told_before_anything_is_sent()
    {
        var cluster = await clusters.GetAsync(EtcdBinaries.V35, tls: true);
        var pair = cluster.Certificates.ExpiredClient;
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var options = cluster.Options() with
        {
            Endpoints = [new Uri($"https://{nobody.LocalEndpoint}")],
            CertificatePath = pair.CertificateFile,
            CertificateKeyPath = pair.KeyFile,
        };
        var error = await Assert.ThrowsAsync<EtcdClientCertificateExpiredException>(() => Connections.OpenAsync(options));
        Assert.Equal("CN=dr-expired-client", error.Certificate.Subject);
        Assert.False(nobody.Pending());
    }

    [Fact]
    public async Task A_certificate_object_works_like_the_files_and_is_left_open()
    {
        var cluster = await clusters.GetAsync(EtcdBinaries.V35, tls: true);
        using var certificate = cluster.Certificates.Client.Load();
        var options = cluster.Options() with { CertificatePath = null, CertificateKeyPath = null, Certificate = certificate };
        await using (var connection = await Connections.OpenAsync(options))
        {
            Assert.Single((await connection.GetMembersAsync(default)).Members);
        }

        Assert.Equal("CN=dr-client", certificate.Subject);
        Assert.True(certificate.HasPrivateKey);
    }
}
