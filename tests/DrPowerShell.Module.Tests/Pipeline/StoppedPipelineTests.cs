using System.Diagnostics;
using System.Management.Automation;
using DrPowerShell.Module.Tests.Connections;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Pipeline;

[Collection(SecureClusterTests.Name)]
public sealed class StoppedPipelineTests : IDisposable
{
    private readonly ModuleSession _session = new();

    public StoppedPipelineTests(SecureCluster secure) => _session.Run(
        "$null = Connect-EtcdCluster -Name prod @c; if (-not (Get-EtcdKey -Prefix /stop/ -First 1)) { 1..300 | ForEach-Object { Set-EtcdKey \"/stop/$_\" x } }",
        ("c", secure.Connection)).Succeed();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void A_throw_downstream_comes_out_as_it_was_thrown()
    {
        var result = _session.Run("$n = 0; Get-EtcdKey -Prefix /stop/ | ForEach-Object { $n++; if ($n -eq 2) { throw 'downstream' } }");

        Assert.Equal("downstream", Assert.IsAssignableFrom<RuntimeException>(result.Terminating).ErrorRecord.ToString());
        Assert.Empty(result.Errors);
        Assert.Equal(2, _session.Run("$n").One);
    }

    [Fact]
    public void A_break_downstream_ends_the_reading_without_an_error()
    {
        var result = _session.Run("$n = 0; foreach ($once in 1) { Get-EtcdKey -Prefix /stop/ | ForEach-Object { $n++; if ($n -eq 3) { break } } }; $n");

        Assert.Equal(3, result.One);
        _session.Run("Get-EtcdKey /stop/1").Succeed();
    }

    [Fact]
    public void An_error_preference_of_stop_ends_at_the_first_error()
    {
        var result = _session.Run("Get-EtcdKey /stop/none, /stop/1 -ErrorAction Stop");

        Assert.Equal("EtcdKeyNotFound,DrPowerShell.Module.Commands.GetEtcdKeyCommand",
            Assert.IsType<ActionPreferenceStopException>(result.Terminating).ErrorRecord.FullyQualifiedErrorId);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task A_stop_while_the_pipeline_downstream_is_slow_returns_at_once_and_the_connection_goes_on()
    {
        using var running = _session.Start("Get-EtcdKey -Prefix /stop/ | ForEach-Object { $_; [System.Threading.Thread]::Sleep(200) }");
        await Eventually.IsTrueAsync(() => running.Output.Count >= 2, "two keys have come out");

        var watch = Stopwatch.StartNew();
        var result = running.Stop();

        Assert.Equal(PSInvocationState.Stopped, result.State);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"took {watch.Elapsed}");
        Assert.Empty(result.Errors);
        _session.Run("Get-EtcdKey /stop/1").Succeed();
    }

    [Fact]
    public async Task A_stop_while_a_member_is_silent_returns_at_once_without_an_error()
    {
        await using var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V34);
        _session.Run("$null = Connect-EtcdCluster -Name frozen -Endpoint $e -Timeout 60", ("e", cluster.Endpoints[0].Authority)).Succeed();
        cluster.Members[0].Freeze();
        try
        {
            using var running = _session.Start("'begun'; Get-EtcdKey -Prefix / -Cluster frozen");
            await Eventually.IsTrueAsync(() => running.Output.Count == 1, "the script has begun");

            var watch = Stopwatch.StartNew();
            var result = running.Stop();

            Assert.Equal(PSInvocationState.Stopped, result.State);
            Assert.Empty(result.Errors);
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"took {watch.Elapsed}");
        }
        finally
        {
            cluster.Members[0].Thaw();
        }

        _session.Run("Get-EtcdKey -Prefix / -Cluster frozen").Succeed();
    }
}
