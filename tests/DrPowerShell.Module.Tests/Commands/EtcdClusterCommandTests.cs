using System.Management.Automation;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Commands;

public sealed class EtcdClusterCommandTests : IDisposable
{
    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("3.4")]
    [InlineData("3.5")]
    public async Task Three_members_are_healthy_then_one_is_killed_then_the_quorum_is_lost(string etcd)
    {
        await using var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.Get(etcd), new() { Members = 3 });
        var endpoints = cluster.Endpoints.Select(endpoint => endpoint.Authority).ToArray();
        _session.Run("$null = Connect-EtcdCluster -Name prod -Endpoint $e -Timeout 3; Set-EtcdKey a 1", ("e", endpoints)).Succeed();

        var healthy = _session.Run("Test-EtcdCluster -FailOn Warning").One;
        Assert.True(healthy.IsHealthy);
        Assert.True(healthy.HasQuorum);
        Assert.True(healthy.HashEqual);
        Assert.Empty(healthy.Findings);
        var info = _session.Run("Get-EtcdCluster").One;
        Assert.Equal(3, info.Reachable);
        Assert.Equal((string)healthy.Leader, (string)info.Leader);
        Assert.Equal(cluster.Release.Version, (string)info.Version);

        await cluster.KillMemberAsync(1);
        var degraded = _session.Run("Test-EtcdCluster").One;
        Assert.False(degraded.IsHealthy);
        Assert.True(degraded.HasQuorum);
        Assert.Contains(_session.Run("(Test-EtcdCluster).Findings").Output, finding =>
            (string)finding.Properties["Code"].Value == "MemberUnreachable" && (string)finding.Properties["Member"].Value == "m2");
        Assert.Equal(2, _session.Run("Get-EtcdCluster").One.Reachable);
        var failed = _session.Run("Test-EtcdCluster -FailOn Error");
        failed.FailsWith("ClusterNotHealthy", "TestEtcdClusterCommand", ErrorCategory.InvalidOperation);
        Assert.Single(failed.Output);

        await cluster.KillMemberAsync(2);
        var lost = _session.Run("Test-EtcdCluster");
        Assert.False(lost.One.HasQuorum);
        Assert.Contains("NoQuorum", _session.Run("(Test-EtcdCluster).Findings").All("Code"));
        Assert.Equal(1, _session.Run("Get-EtcdCluster").One.Reachable);
    }

    [Fact]
    public async Task A_space_alarm_and_a_nearly_used_quota_are_findings_with_the_member()
    {
        await using var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new() { ExtraArguments = ["--quota-backend-bytes", "16777216"] });
        _session.Run("$null = Connect-EtcdCluster -Name prod -Endpoint $e", ("e", cluster.Endpoints[0].Authority)).Succeed();
        var filling = _session.Run("1..40 | ForEach-Object { Set-EtcdKey \"/fill/$_\" $value }", ("value", new byte[1 << 20]));
        Assert.Contains(filling.Errors, error => error.FullyQualifiedErrorId.StartsWith("EtcdSpaceExceeded,", StringComparison.Ordinal));

        var codes = _session.Run("(Test-EtcdCluster -QuotaBytes 16777216).Findings").All("Code");

        Assert.Contains("AlarmNoSpace", codes);
        Assert.Contains("QuotaNearlyUsed", codes);
        Assert.Contains("SingleMember", codes);
    }

    [Fact]
    public async Task Certificates_that_end_soon_are_warnings_and_a_longer_view_is_asked_for_by_days()
    {
        await using var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new() { Tls = true });
        var certificates = cluster.Certificates;
        _session.Run("$null = Connect-EtcdCluster -Endpoint $e -CACertificate $ca -Certificate $cert -CertificateKey $key",
            ("e", cluster.Endpoints[0].Authority), ("ca", certificates.AuthorityFile),
            ("cert", certificates.Client.CertificateFile), ("key", certificates.Client.KeyFile)).Succeed();

        var soon = _session.Run("(Test-EtcdCluster).Findings").All("Code");
        var later = _session.Run("(Test-EtcdCluster -CertificateDays 10).Findings").All("Code");

        Assert.Contains("CertificateExpiring", soon);
        Assert.Contains("ClientCertificateExpiring", soon);
        Assert.DoesNotContain("CertificateExpiring", later);
    }

    [Fact]
    public async Task Members_whose_keys_differ_at_one_revision_are_told_apart_by_their_hashes()
    {
        using var temp = new TempFolder("differ");
        foreach (var side in new[] { "left", "right" })
        {
            await using var source = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
            await source.EtcdctlAsync("put", "which", side);
            await source.EtcdctlAsync("snapshot", "save", temp[side]);
        }

        var plan = EtcdTestCluster.Plan(3);
        foreach (var member in plan.Members)
        {
            await EtcdBinaries.V35.SnapshotAsync("restore", temp[member.Name == "m3" ? "right" : "left"], $"--data-dir={temp[member.Name]}", $"--name={member.Name}",
                $"--initial-cluster={plan.InitialCluster}", $"--initial-cluster-token={plan.Token}",
                $"--initial-advertise-peer-urls={EtcdClusterPlan.Text(member.PeerUrl)}");
        }

        await using var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new() { Plan = plan, DataDirectory = temp["{member}"] });
        _session.Run("$null = Connect-EtcdCluster -Name prod -Endpoint $e", ("e", cluster.Endpoints[0].Authority)).Succeed();

        var result = _session.Run("Test-EtcdCluster").One;

        Assert.False(result.HashEqual);
        Assert.False(result.IsHealthy);
        Assert.Contains("HashMismatch", _session.Run("(Test-EtcdCluster).Findings").All("Code"));
        Assert.Null(_session.Run("Test-EtcdCluster -SkipHash").One.HashEqual);
    }

    [Fact]
    public async Task A_learner_is_shown_as_one_and_does_not_count_for_the_quorum()
    {
        await using var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        var plan = EtcdTestCluster.Plan(1);
        await cluster.EtcdctlAsync("member", "add", "late", "--learner", $"--peer-urls={plan.Members[0].PeerUrl.GetLeftPart(UriPartial.Authority)}");
        _session.Run("$null = Connect-EtcdCluster -Name prod -Endpoint $e", ("e", cluster.Endpoints[0].Authority)).Succeed();

        var result = _session.Run("Test-EtcdCluster").One;

        Assert.True(result.HasQuorum);
        Assert.Contains("MemberNotStarted", _session.Run("(Test-EtcdCluster).Findings").All("Code"));
        Assert.Equal([true, false], _session.Run("(Get-EtcdCluster).Members").All("IsLearner"));
    }
}
