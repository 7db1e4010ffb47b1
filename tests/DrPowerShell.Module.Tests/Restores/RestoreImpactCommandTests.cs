using System.Management.Automation;
using System.Runtime.Versioning;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Restores;

/// <summary>Measure-RestoreImpact at the prompt: every way to name the snapshot, and every state to compare it with.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RestoreImpactCommandTests : IAsyncLifetime
{
    private const string Measure = "MeasureRestoreImpactCommand";

    private readonly TempFolder _temp = new("impact");
    private readonly ModuleSession _session = new();
    private EtcdTestCluster _etcd = null!;

    public async ValueTask InitializeAsync()
    {
        _etcd = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        _temp.CreateFolder("store");
        await File.WriteAllTextAsync(_temp["estate.yaml"], $$"""
            clusters:
              prod:
                endpoints: ['{{_etcd.Endpoints[0]}}']
                rto: 30m
            repositories:
              offsite:
                uri: file://{{_temp["store"]}}
            """);
        File.SetUnixFileMode(_temp["estate.yaml"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Run("$ExecutionContext.SessionState.Path.SetLocation($here); $PSDefaultParameterValues = @{ '*-*:Estate' = './estate.yaml' }", ("here", _temp.FullName)).Succeed();
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        await _etcd.DisposeAsync();
        _temp.Dispose();
    }

    [Fact]
    public async Task The_same_figures_come_from_file_pipeline_and_repository_live_and_stopped()
    {
        var load = await EtcdLoad.OpenAsync(_etcd);
        await load.PutSequenceAsync(30);
        await load.PutAsync("/registry/configmaps/shop/gone", "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"gone\",\"namespace\":\"shop\"}}");
        Run("$key = New-SnapshotEncryptionKey ./prod.key; $old = Backup-EtcdSnapshot -Cluster prod -Repository offsite -Recipient $key.Recipient; $file = Backup-EtcdSnapshot -Cluster prod -Path ./a.db").Succeed();
        await load.DeleteManyAsync(["/registry/configmaps/shop/gone", "/load/00000003"]);
        await load.PutManyAsync([new("/load/00000004", "changed"), new("/load/new", "x"), new("/registry/configmaps/shop/new", "x")]);

        foreach (var how in new[]
        {
            "$old | Measure-RestoreImpact -Cluster prod -Identity ./prod.key",
            "Measure-RestoreImpact -Repository offsite -Cluster prod -Identity ./prod.key",
            "Measure-RestoreImpact -Repository offsite -Id $old.Name -Cluster prod -Identity ./prod.key -SpoolDirectory .",
            "$file | Measure-RestoreImpact -Cluster prod",
            "Measure-RestoreImpact ./a.db -Cluster prod",
            "'./a.db' | Measure-RestoreImpact -Cluster prod",
            "Test-EtcdSnapshot ./a.db | Measure-RestoreImpact -Cluster prod",
            "$null = Connect-EtcdCluster -Name prod -Endpoint $e; Measure-RestoreImpact -LiteralPath ./a.db -OutageStart ([DateTimeOffset]::UtcNow.AddDays(-1)) ; Disconnect-EtcdCluster",
        })
        {
            var live = Run(how, ("e", _etcd.Endpoints[0].Authority)).One;
            Assert.Equal("LiveCluster 2 2 1 28 prod", Figures(live));
            Assert.Equal("ConfigMap in shop: 1 lost, 1 back, 0 reverted", string.Join(';', live.ByKind));
            Assert.Equal(TimeSpan.FromMinutes(30), (TimeSpan)live.RecoveryTimeObjective);
            Assert.True((bool)live.IsWithinObjective);
            Assert.True((TimeSpan)live.MeasuredLoss <= (TimeSpan)live.LossAtMost);
        }

        // The estate may refer to the identity.
        File.AppendAllText(_temp["estate.yaml"], $"\n    encrypt: {{ recipients: [{Run("$key.Recipient").One}], identities: ['file:prod.key'] }}\n");
        Assert.Equal("LiveCluster 2 2 1 28 prod", Figures(Run("$old | Measure-RestoreImpact -Cluster prod").One));
        Assert.Empty(Directory.GetDirectories(_temp.FullName, "drpowershell-spool-*"));
        Run("$new = Backup-EtcdSnapshot -Cluster prod -Repository offsite").Succeed();
        var view = (await Command.RunAsync(RepositoryPaths.Drps, ["-Command", $"""
            $ProgressPreference = 'SilentlyContinue'
            $i = Measure-RestoreImpact '{_temp["a.db"]}' -Cluster prod -Estate '{_temp["estate.yaml"]}'
            $i, $i.ByKind, $i.ByPrefix, $i.Objects, $i.Findings | ForEach-Object {"{"} $_ | Out-Default {"}"}
            """], cancellationToken: TestContext.Current.CancellationToken)).ThrowIfFailed().Output;
        Assert.Matches(@"(?s)Loss at most.*\ds .*2.*2 / 1.*0.*31s of 30m RTO.*ConfigMap +shop +1 +1 +0.*Lost +ConfigMap +shop +new", view);

        var remembered = Run("$old | Measure-RestoreImpact -FromManifest");
        Assert.Contains("manifest", Assert.Single(remembered.Warnings), StringComparison.Ordinal);
        var manifest = remembered.One;
        Assert.Equal("Manifest     prod", Figures(manifest));
        Assert.Equal((31L, 31L, 2L), ((long)manifest.SnapshotKeys, (long)manifest.LiveKeys, (long)manifest.RevisionGap));
        Assert.Equal((1_000_000_000L, "Manifest"), ((long)manifest.RecommendedBump, (string)manifest.LastWriteFrom.ToString()));

        await _etcd.StopMemberAsync(0);
        var stopped = Run("Measure-RestoreImpact ./a.db -Cluster prod -DataDirectory $d", ("d", _etcd.Members[0].DataDirectory)).One;
        Assert.Equal("DataDirectory 2 2 1 28 prod", Figures(stopped));
        Assert.Equal(("File", TimeSpan.FromMinutes(30)), ((string)stopped.LastWriteFrom.ToString(), (TimeSpan)stopped.RecoveryTimeObjective));
    }

    [Fact]
    public void What_cannot_be_compared_is_refused_by_name()
    {
        Run("$null = Backup-EtcdSnapshot -Cluster prod -Path ./a.db; $key = New-SnapshotEncryptionKey ./prod.key; $null = Backup-EtcdSnapshot -Cluster prod -Repository offsite -Recipient $key.Recipient").Succeed();

        Run("Measure-RestoreImpact ./a.db -DataDirectory ./x -FromManifest").FailsWith("ParametersConflict", Measure, ErrorCategory.InvalidArgument);
        Run("Measure-RestoreImpact ./a.db -Cluster prod -OutageStart ([DateTime]::Now).AddHours(1)").FailsWith("OutageStartAhead", Measure, ErrorCategory.InvalidArgument);
        Run("Measure-RestoreImpact ./a.db -FromManifest").FailsWith("ParametersConflict", Measure, ErrorCategory.InvalidArgument);
        Run("Measure-RestoreImpact ./a.db -FromHosts -Endpoint x:1").FailsWith("ParametersConflict", Measure, ErrorCategory.InvalidArgument);
        Run("Measure-RestoreImpact ./a.db -FromHosts").FailsWith("ParametersConflict", Measure, ErrorCategory.InvalidArgument);
        Run("Measure-RestoreImpact ./a.db -FromHosts -Cluster other").FailsWith("ClusterNotFound", Measure, ErrorCategory.ObjectNotFound);
        Run("Measure-RestoreImpact ./a.db -FromHosts -Cluster prod").FailsWith("ClusterMembersNotKnown", Measure, ErrorCategory.InvalidArgument);
        Run("Measure-RestoreImpact ./a.db").FailsWith("NoOpenConnection", Measure, ErrorCategory.InvalidOperation);
        Run("Measure-RestoreImpact ./a.db -DataDirectory ./nowhere").FailsWith("SnapshotFileNotFound", Measure, ErrorCategory.ObjectNotFound);
        Run("Measure-RestoreImpact ./none.db -Cluster prod").FailsWith("PathNotFound", Measure, ErrorCategory.ObjectNotFound);
        Run("'./none.db' | Measure-RestoreImpact -Cluster prod").Reports("PathNotFound", Measure, ErrorCategory.ObjectNotFound);
        Run("Measure-RestoreImpact -Repository offsite -Cluster other").FailsWith("BackupNotFound", Measure, ErrorCategory.ObjectNotFound);
        Run("Measure-RestoreImpact -Repository offsite -Cluster prod").FailsWith("EncryptedForOthers", Measure, ErrorCategory.SecurityError);
        Run("Import-EtcdSnapshot ./a.db -Repository offsite -Cluster dev; Measure-RestoreImpact -Repository offsite -Identity ./prod.key").FailsWith("ParametersConflict", Measure, ErrorCategory.InvalidArgument);
    }

    private static string Figures(dynamic impact) =>
        $"{impact.Basis} {impact.KeysLost} {impact.KeysBack} {impact.KeysReverted} {impact.KeysUnchanged} {impact.Cluster}";

    private SessionResult Run(string script, params (string Name, object? Value)[] variables) => _session.Run(script, variables);
}
