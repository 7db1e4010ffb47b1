using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Connections;

[Collection(SecureClusterTests.Name)]
public sealed class ConnectionTests(SecureCluster secure) : IDisposable
{
    private const string Connect = "ConnectEtcdClusterCommand";
    private const string Get = "GetEtcdClusterCommand";

    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Endpoints_without_a_scheme_are_https_when_TLS_parameters_are_given()
    {
        var connection = _session.Run("Connect-EtcdCluster -Name prod @c", ("c", secure.Connection)).One;

        Assert.Equal("prod", connection.Name);
        Assert.Equal(secure.Cluster.Endpoints, (Uri[])connection.Endpoints);
        Assert.Equal(secure.Cluster.Release.Version, connection.Version);
        Assert.Equal(["m1", "m2", "m3"], (string[])connection.Members);
        Assert.Equal("prod", _session.Run("Get-EtcdCluster").One.Name);
        Assert.Equal("prod", _session.Run("Get-EtcdCluster prod").One.Name);
    }

    [Fact]
    public void A_certificate_object_works_as_files_do()
    {
        using var certificate = secure.Cluster.Certificates.Client.Load();
        var parameters = secure.Connection;
        parameters.Remove("CertificateKey");
        parameters["Certificate"] = certificate;

        Assert.Equal(3, _session.Run("Get-EtcdCluster @c", ("c", parameters)).One.Reachable);
    }

    [Fact]
    public void Files_are_taken_from_the_sessions_location()
    {
        var folder = Path.GetDirectoryName(secure.Cluster.Certificates.AuthorityFile);
        var parameters = secure.Connection;
        foreach (var name in new[] { "CACertificate", "Certificate", "CertificateKey" })
        {
            parameters[name] = Path.GetFileName((string)parameters[name]!);
        }

        _session.Run("$null = $ExecutionContext.SessionState.Path.SetLocation($folder); Connect-EtcdCluster @c", ("c", parameters), ("folder", folder)).Succeed();
    }

    [Fact]
    public void Nothing_named_and_nothing_open_is_an_error_and_so_is_several_open()
    {
        _session.Run("Get-EtcdCluster").FailsWith("NoOpenConnection", Get, ErrorCategory.InvalidOperation);

        _session.Run("Connect-EtcdCluster -Name a @c; Connect-EtcdCluster -Name b @c", ("c", secure.Connection)).Succeed();

        var several = _session.Run("Get-EtcdCluster").FailsWith("SeveralOpenConnections", Get, ErrorCategory.InvalidOperation);
        Assert.Equal(new[] { "a", "b" }, several.TargetObject);
    }

    [Fact]
    public void Names_of_no_connection_and_closed_connections_are_two_errors()
    {
        _session.Run("$c = Connect-EtcdCluster -Name a @p; Disconnect-EtcdCluster a", ("p", secure.Connection)).Succeed();

        var unknown = _session.Run("Get-EtcdCluster -Cluster b").FailsWith("ConnectionNotFound", Get, ErrorCategory.ObjectNotFound);
        _session.Run("Get-EtcdCluster $c").FailsWith("ConnectionClosed", Get, ErrorCategory.InvalidOperation);

        Assert.Equal("b", unknown.TargetObject);
        Assert.False(_session.Run("$c").One.IsOpen);
    }

    [Theory]
    [InlineData("-Cluster a -Endpoint b", "Endpoint")]
    [InlineData("-CACertificate ca.pem", "CACertificate")]
    [InlineData("-Timeout 5", "Timeout")]
    [InlineData("-Endpoint b -CertificateKey key.pem", "CertificateKey")]
    [InlineData("-Endpoint b -Timeout 0", "Timeout")]
    public void Parameters_that_say_two_things_are_refused(string parameters, string target)
    {
        var error = _session.Run($"Get-EtcdCluster {parameters}").FailsWith("ConnectionParametersConflict", Get, ErrorCategory.InvalidArgument);

        Assert.Equal(target, error.TargetObject);
    }

    [Theory]
    [InlineData("ftp://etcd-1:2379")]
    [InlineData("https://etcd-1:2379/path")]
    [InlineData("etcd 1")]
    public void What_is_no_endpoint_is_refused(string endpoint)
    {
        var error = _session.Run("Connect-EtcdCluster $e", ("e", endpoint)).FailsWith("EtcdEndpointNotValid", Connect, ErrorCategory.InvalidArgument);

        Assert.Equal(endpoint, error.TargetObject);
    }

    [Fact]
    public void An_endpoint_that_nobody_listens_on_is_unreachable()
    {
        var error = _session.Run("Connect-EtcdCluster $e", ("e", $"127.0.0.1:{FreePorts.Next()}"))
            .FailsWith("EtcdEndpointUnreachable", Connect, ErrorCategory.ConnectionError);

        Assert.IsType<Uri>(error.TargetObject);
    }

    [Fact]
    public void A_wrong_authority_and_an_expired_client_certificate_each_have_their_error()
    {
        var wrongAuthority = secure.Connection;
        wrongAuthority["CACertificate"] = secure.Cluster.Certificates.OtherAuthorityFile;
        var expired = secure.Connection;
        expired["Certificate"] = secure.Cluster.Certificates.ExpiredClient.CertificateFile;
        expired["CertificateKey"] = secure.Cluster.Certificates.ExpiredClient.KeyFile;

        _session.Run("Connect-EtcdCluster @c", ("c", wrongAuthority)).FailsWith("EtcdServerCertificateNotTrusted", Connect, ErrorCategory.SecurityError);
        _session.Run("Connect-EtcdCluster @c", ("c", expired)).FailsWith("EtcdClientCertificateExpired", Connect, ErrorCategory.AuthenticationError);
    }

    [Fact]
    public async Task A_wrong_password_is_an_authentication_error_and_the_right_one_works()
    {
        await using var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V34, new() { EnableAuth = true });
        const string Credential = "[pscredential]::new('root', (& { $s = [securestring]::new(); $password.ToCharArray() | ForEach-Object { $s.AppendChar($_) }; $s }))";
        var endpoint = ("e", (object)cluster.Endpoints[0].Authority);

        var error = _session.Run($"Connect-EtcdCluster $e -Credential ({Credential})", endpoint, ("password", "wrong"))
            .FailsWith("EtcdAuthenticationFailed", Connect, ErrorCategory.AuthenticationError);
        Assert.DoesNotContain("wrong'", error.ToString(), StringComparison.Ordinal);

        _session.Run($"Connect-EtcdCluster $e -Credential ({Credential})", endpoint, ("password", cluster.RootPassword)).Succeed();
        _session.Run("Set-EtcdKey a 1").Succeed();
        Assert.Equal("1", _session.Run("Get-EtcdKey a").One.Value);
        Assert.True(_session.Run("Test-EtcdCluster").One.IsHealthy);
    }

    [Fact]
    public void A_list_of_clusters_is_connected_row_by_row_and_a_bad_row_does_not_stop_the_rest()
    {
        var result = _session.Run(
            "$bad, $good | ForEach-Object { [pscustomobject]@{ Name = \"n$($_.Length)\"; Endpoint = $_ } } | Connect-EtcdCluster -CACertificate $ca -Certificate $cert -CertificateKey $key",
            ("bad", "ftp://x"), ("good", secure.Cluster.Endpoints[0].Authority), ("ca", secure.Cluster.Certificates.AuthorityFile),
            ("cert", secure.Cluster.Certificates.Client.CertificateFile), ("key", secure.Cluster.Certificates.Client.KeyFile));

        result.Reports("EtcdEndpointNotValid", Connect, ErrorCategory.InvalidArgument);
        Assert.Single(result.Output);
    }

    [Fact]
    public void A_connection_of_the_same_name_is_replaced_and_the_old_one_closed()
    {
        _session.Run("$a = Connect-EtcdCluster -Name x @c; $b = Connect-EtcdCluster -Name x @c", ("c", secure.Connection)).Succeed();

        Assert.Equal([false, true], _session.Run("$a, $b").All("IsOpen"));
        _session.Run("Get-EtcdCluster").Succeed();
    }

    [Fact]
    public void Removing_the_module_closes_its_connections_and_WhatIf_closes_none()
    {
        _session.Run("$a = Connect-EtcdCluster -Name x @c; Disconnect-EtcdCluster -All -WhatIf", ("c", secure.Connection)).Succeed();
        Assert.True(_session.Run("$a").One.IsOpen);

        _session.Run("Remove-Module DrPowerShell").Succeed();

        Assert.False(_session.Run("$a").One.IsOpen);
    }

    [Fact]
    public void Open_connections_are_offered_for_completion()
    {
        _session.Run("Connect-EtcdCluster -Name prod @c; Connect-EtcdCluster -Name 'east coast' @c", ("c", secure.Connection)).Succeed();

        var offered = _session.Run("(TabExpansion2 'Get-EtcdCluster -Cluster ' 25).CompletionMatches.CompletionText").Succeed();

        Assert.Equal(["'east coast'", "prod"], offered.Output.Select(text => text.ToString()));
    }
}
