using System.Management.Automation;
using System.Runtime.Versioning;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Module.Tests.Restores;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Approvals;

/// <summary>The plan of a real restore, approved and refused: each refusal has its own ErrorId, and changes nothing on any host.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RealPlanApprovalTests
{
    private const string Ask = "Get-RecoveryPlan -Plan $f/plan.yaml -MeasureImpact | New-RecoveryRequest -SigningKey $f/dave.key -Reason test -Confirm:$false";
    private const string Sign = "Approve-RecoveryRequest -Confirm:$false";

    [Fact]
    public async Task Only_what_was_approved_runs_and_it_runs_once()
    {
        await using var scene = await RestoreScene.StartAsync(1);
        var state = Directory.CreateDirectory(scene["state"]).FullName;
        scene.WriteKeys("dave", "alice", "mallory");
        scene.Cluster.More = $"approval: {{ required: 1, approvers: {{ alice: {scene["alice.pub"]}, dave: {scene["dave.pub"]} }} }}";
        scene.Cluster.MoreEstate = $"repositories:\n  offsite: {{ uri: 'file://{Directory.CreateDirectory(scene["store"]).FullName}' }}\n";
        scene.Cluster.WriteEstate();
        (await scene.Cluster.EtcdctlAsync("put", "/lost", "1")).ThrowIfFailed();
        (await scene.Cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(scene.Cluster.Plan.Members[0].ClientUrl), "snapshot", "save", scene["newer.db"])).ThrowIfFailed();
        await scene.Cluster.KillAsync();
        scene.Write("check.ps1", "'fine'");
        scene.Write("plan.yaml", Plan("1d"));
        File.Copy(scene["s.db"], scene["copy.db"]);
        using var here = new StateFolder(state);

        var unmeasured = scene.Run($"{Ask.Replace(" -MeasureImpact", "", StringComparison.Ordinal)} -Path $f/unmeasured.json").Succeed();
        Assert.Contains(unmeasured.Warnings, warning => warning.Contains("was not measured", StringComparison.Ordinal) && warning.Contains("-MeasureImpact", StringComparison.Ordinal));

        var asked = scene.Run($"{Ask} -Path $f/r.json").Succeed();
        Assert.DoesNotContain(asked.Warnings, warning => warning.Contains("was not measured", StringComparison.Ordinal));
        var request = asked.One;
        Assert.Equal(1L, request.Limits.KeysLost);
        Assert.Contains("approve", ((IEnumerable<object>)request.Plan.Steps).Select(step => (string)((dynamic)step).Id));
        scene.Run($"{Sign} $f/r.json -SigningKey $f/alice.key").Succeed();
        foreach (var (name, key) in new[] { ("stranger", "mallory"), ("requester", "dave"), ("old", null), ("nobody", null) })
        {
            scene.Run($"{Ask} -Path $f/{name}.json{(name == "old" ? " -ValidFor 1ms" : "")}").Succeed();
            if (key is not null)
            {
                scene.Run($"{Sign} $f/{name}.json -SigningKey $f/{key}.key -WarningAction Ignore").Succeed();
            }
        }

        var altered = File.ReadAllText(scene["r.json"]).Replace("\"reason\": \"test\"", "\"reason\": \"tesu\"", StringComparison.Ordinal);
        File.WriteAllText(scene["altered.json"], altered);
        var before = Members();

        Refused("ApprovalMissing", "nobody.json");
        Refused("ApprovalExpired", "old.json");
        Refused("ApprovalByRequester", "requester.json");
        Refused("ApproverUnknown", "stranger.json");
        Refused("ApprovalAltered", "altered.json");

        scene.Write("plan.yaml", Plan("2d"));
        Refused("ApprovalForAnotherPlan", "r.json");
        scene.Write("plan.yaml", Plan("1d"));

        scene.Write("check.ps1", "'something else'");
        Refused("ApprovedScriptChanged", "r.json");
        scene.Write("check.ps1", "'fine'");

        var estate = File.ReadAllText(scene["estate.yaml"]);
        scene.Write("estate.yaml", estate.Replace("name: etcd-m1", "name: etcd-other", StringComparison.Ordinal));
        Refused("ApprovedHostChanged", "r.json");
        scene.Write("estate.yaml", estate);

        File.Copy(scene["newer.db"], scene["s.db"], overwrite: true);
        Refused("ApprovedSnapshotChanged", "r.json");
        File.Copy(scene["copy.db"], scene["s.db"], overwrite: true);

        // One key more would be lost than was approved.
        await WithMemberAsync("put", "/lost/too", "2");
        before = Members();
        Refused("ImpactExceedsApproval", "r.json");
        await WithMemberAsync("del", "/lost/too");

        // Whatever is true is a WhatIf, also where an approval takes the prompt's place.
        before = Members();
        foreach (var preference in new[] { "1", "'true'", "[switch] $true", "[psobject] $true", "[psobject]::AsPSObject($true)" })
        {
            Assert.Empty(scene.Run($"$WhatIfPreference = {preference}; try {{ Restore-EtcdCluster -Plan $f/plan.yaml -Approval $f/r.json }} finally {{ $WhatIfPreference = $false }}").Succeed().Output);
            Assert.Equal(before, Members());
        }

        // Broken glass asks, and so does -Confirm; nobody is here to answer.
        foreach (var asks in new[] { "-BreakGlass test", "-Confirm" })
        {
            Assert.Contains("interact", scene.Run($"Restore-EtcdCluster -Plan $f/plan.yaml -Approval $f/r.json {asks}").Terminating!.Message, StringComparison.Ordinal);
            Assert.Equal(before, Members());
        }

        Assert.Equal("Healthy", scene.Run("Restore-EtcdCluster -Plan $f/plan.yaml -Approval $f/r.json").One.Result.ToString());
        await scene.Cluster.KillAsync();
        before = Members();
        Refused("ApprovalUsed", "r.json");

        // Requests that lie in the repository are named by their id, or piped on as objects.
        var stored = (string)scene.Run("Get-RecoveryPlan -Plan $f/plan.yaml -Repository offsite -MeasureImpact | New-RecoveryRequest -SigningKey $f/dave.key -Reason test -Repository offsite -Confirm:$false").One.Id;
        scene.Run($"Get-RecoveryRequest -Repository offsite | {Sign} -SigningKey $f/alice.key").Succeed();
        Assert.Equal("ParametersConflict", Id(scene.Run($"Restore-EtcdCluster -Plan $f/plan.yaml -Approval {stored}")));
        Assert.Equal("RequestNotFound", Id(scene.Run("Restore-EtcdCluster -Plan $f/plan.yaml -Repository offsite -Approval request-20200101T000000Z-00000000")));
        Assert.Equal(before, Members());
        Assert.Equal("Healthy", scene.Run("Restore-EtcdCluster -Plan $f/plan.yaml -Repository offsite -Approval (Get-RecoveryRequest -Repository offsite)").One.Result.ToString());
        await scene.Cluster.KillAsync();
        Assert.Equal("ApprovalUsed", Id(scene.Run($"Restore-EtcdCluster -Plan $f/plan.yaml -Repository offsite -Approval {stored}")));

        void Refused(string errorId, string file)
        {
            var result = scene.Run($"Restore-EtcdCluster -Plan $f/plan.yaml -Approval $f/{file}");
            Assert.True(Id(result) == errorId, $"{file}: {Id(result)}, not {errorId}: {result.Terminating?.Message}");
            Assert.False(string.IsNullOrEmpty(((IContainsErrorRecord)result.Terminating!).ErrorRecord.ErrorDetails.RecommendedAction));
            Assert.Equal(before, Members());
        }

        async Task WithMemberAsync(params string[] command)
        {
            await scene.Cluster.StartAsync();
            (await scene.Cluster.EtcdctlAsync(command)).ThrowIfFailed();
            // etcd commits to its database ten times a second: killed before it did, the member has the command in its log alone. A snapshot makes it commit.
            (await scene.Cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(scene.Cluster.Plan.Members[0].ClientUrl), "snapshot", "save", scene["committed.db"])).ThrowIfFailed();
            File.Delete(scene["committed.db"]);
            await scene.Cluster.KillAsync();
        }

        List<string> Members() => [.. scene.Tree().Where(line => line.StartsWith(scene["m1"], StringComparison.Ordinal))];
    }

    private static string Plan(string loss) => $$"""
        cluster: prod
        source: { file: s.db }
        acceptDataLoss: {{loss}}
        checks: [{ name: own, type: script, script: check.ps1 }]
        """;

    private static string Id(SessionResult result) => (result.Terminating as IContainsErrorRecord)?.ErrorRecord.FullyQualifiedErrorId.Split(',')[0] ?? "none";

    private sealed class StateFolder : IDisposable
    {
        private readonly string? _before = Environment.GetEnvironmentVariable("DRPOWERSHELL_STATE");

        public StateFolder(string path) => Environment.SetEnvironmentVariable("DRPOWERSHELL_STATE", path);

        public void Dispose() => Environment.SetEnvironmentVariable("DRPOWERSHELL_STATE", _before);
    }
}
