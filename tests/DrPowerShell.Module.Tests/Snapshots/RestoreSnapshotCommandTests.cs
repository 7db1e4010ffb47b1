using System.Management.Automation;
using System.Runtime.Versioning;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Snapshots;

[UnsupportedOSPlatform("windows")]
public sealed class RestoreSnapshotCommandTests : IDisposable
{
    private const string Restore = "RestoreEtcdSnapshotCommand";
    private const string Three = "m1=http://127.0.0.1:1001,m2=http://127.0.0.1:1002,m3=http://127.0.0.1:1003";

    private readonly SnapshotFiles _files = new();
    private readonly GoldenFacts _facts = GoldenFacts.Load("golden.db");

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_cluster_starts_from_what_was_restored_and_has_every_key()
    {
        var plan = EtcdTestCluster.Plan(3);
        var restored = _files.Run(
            "Get-EtcdSnapshot a.db | Test-EtcdSnapshot | Restore-EtcdSnapshot -DataDirectory './new/{member}.etcd' -InitialCluster $c -ClusterToken $t -BumpRevision Auto -NewestRevision $n -Verbose",
            ("c", plan.InitialCluster), ("t", plan.Token), ("n", _facts.Revision + 40)).Succeed();
        Assert.Equal(["m1", "m2", "m3"], restored.All("Name"));
        Assert.Equal([.. Enumerable.Repeat<object?>(_facts.Revision + 1_000_040, 3)], restored.All("Revision"));
        Assert.Contains(restored.Verbose, line => line.Contains("1,000,040", StringComparison.Ordinal));
        Assert.All(restored.Output, o => Assert.Equal("DrPowerShell.Etcd.Snapshots.Restore.RestoredMember", o.BaseObject.GetType().FullName));

        await using var live = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new()
        {
            Plan = plan, DataDirectory = _files["new", "{member}.etcd"], RootPassword = "golden-root",
        });
        var keys = await (await EtcdLoad.OpenAsync(live)).GetAllAsync();
        Assert.Equal(_facts.Keys.Select(k => (k.KeyText, k.ValueText, k.ModRevision)), keys.Select(k => (k.KeyText, k.ValueText, k.ModRevision)));
    }

    [Fact]
    public void A_damaged_snapshot_stops_in_the_pipeline_and_nothing_is_made()
    {
        var before = _files.List();
        var result = _files.Run("Test-EtcdSnapshot damaged.bad | Restore-EtcdSnapshot -DataDirectory ./new");

        Assert.Equal(_files["damaged.bad"], result.Reports("SnapshotNotValid", Restore, ErrorCategory.InvalidData).TargetObject);
        Assert.Empty(result.Output);
        _files.Run("Restore-EtcdSnapshot damaged.bad ./new").FailsWith("SnapshotDigestMismatch", Restore, ErrorCategory.InvalidData);
        Assert.Equal(before, _files.List());
    }

    [Fact]
    public void A_snapshot_without_trailer_is_refused_unless_that_was_expected()
    {
        var error = _files.Run("Restore-EtcdSnapshot raw.image ./new").FailsWith("SnapshotDigestMissing", Restore, ErrorCategory.InvalidData);
        Assert.Equal(_files["raw.image"], error.TargetObject);
        Assert.Contains("-SkipDigest", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_files["new"]));

        Assert.Equal("default", (string)_files.Run("Restore-EtcdSnapshot raw.image ./new -SkipDigest -Compact").One.Name);
        Assert.True(File.Exists(_files["new", "member", "snap", "db"]));
    }

    [Fact]
    public void A_data_directory_that_is_in_use_is_not_touched_and_an_empty_one_is_taken()
    {
        Directory.CreateDirectory(_files["used", "member"]);
        Directory.CreateDirectory(_files["empty"]);
        var before = _files.List();

        var error = _files.Run("Restore-EtcdSnapshot a.db ./used").FailsWith("DataDirectoryNotEmpty", Restore, ErrorCategory.ResourceExists);

        Assert.Equal(_files["used"], error.TargetObject);
        Assert.Equal(before, _files.List());
        _files.Run("Restore-EtcdSnapshot a.db ./empty").Succeed();
    }

    [Fact]
    public void WhatIf_and_a_no_change_nothing()
    {
        var before = _files.List();
        Assert.Empty(_files.Run("Restore-EtcdSnapshot a.db ./new -WhatIf").Succeed().Output);
        Assert.Empty(_files.Run("Get-EtcdSnapshot a.db | Restore-EtcdSnapshot -DataDirectory ./new -WhatIf -BumpRevision Auto").Succeed().Output);
        Assert.Equal(before, _files.List());
    }

    [Fact]
    public void What_clients_may_have_seen_sets_how_far_the_revision_rises()
    {
        var alone = _files.Run("Restore-EtcdSnapshot a.db ./one -BumpRevision Auto").One;
        Assert.Equal(1_000_000_000L, (long)alone.RevisionBump);
        Assert.Equal(0L, (long)_files.Run("Restore-EtcdSnapshot a.db ./two").One.RevisionBump);
        Assert.Equal(77L, (long)_files.Run("Restore-EtcdSnapshot a.db ./three -BumpRevision 77").One.RevisionBump);

        // The directory that was just restored: its database stands 1,000,000,000 above the snapshot.
        var former = _files.Run("Restore-EtcdSnapshot a.db ./four -BumpRevision auto -FormerDataDirectory ./one").One;
        Assert.Equal(1_001_000_000L, (long)former.RevisionBump);
        var both = _files.Run("Restore-EtcdSnapshot a.db ./five -BumpRevision Auto -FormerDataDirectory ./two -NewestRevision $n", ("n", _facts.Revision + 500)).One;
        Assert.Equal(1_000_500L, (long)both.RevisionBump);

        Assert.Equal("NewestRevision", _files.Run("Restore-EtcdSnapshot a.db ./six -NewestRevision 5").FailsWith("ParametersConflict", Restore, ErrorCategory.InvalidArgument).TargetObject);
        Assert.Equal("FormerDataDirectory", _files.Run("Restore-EtcdSnapshot a.db ./six -BumpRevision 5 -FormerDataDirectory ./one")
            .FailsWith("ParametersConflict", Restore, ErrorCategory.InvalidArgument).TargetObject);
        _files.Run("Restore-EtcdSnapshot a.db ./six -BumpRevision Auto -FormerDataDirectory ./gone").FailsWith("SnapshotFileNotFound", Restore, ErrorCategory.ObjectNotFound);
        Assert.Contains("BumpRevision", Assert.IsAssignableFrom<ParameterBindingException>(_files.Run("Restore-EtcdSnapshot a.db ./six -BumpRevision much").Terminating).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_files["six"]));
    }

    [Fact]
    public void Members_learners_and_their_directories_are_checked_before_anything_is_made()
    {
        var before = _files.List();
        ErrorRecord Fails(string arguments, string id, ErrorCategory category = ErrorCategory.InvalidArgument) =>
            _files.Run($"Restore-EtcdSnapshot a.db {arguments}", ("three", Three)).FailsWith(id, Restore, category);

        Assert.Equal("Name", Fails("./x -InitialCluster $three", "ParametersConflict").TargetObject);
        Assert.Equal("Name", Fails("'./x-{member}' -InitialCluster $three -Name m1", "ParametersConflict").TargetObject);
        _files.Run("Restore-EtcdSnapshot *.db ./x").FailsWith("SeveralSnapshots", Restore, ErrorCategory.InvalidArgument);
        Assert.Equal(before, _files.List());

        var learner = _files.Run("Restore-EtcdSnapshot a.db './l-{member}' -InitialCluster $three -Learner m3", ("three", Three)).Succeed();
        Assert.Equal([false, false, true], learner.All("IsLearner"));
        Assert.Equal(_files["only"], (string)_files.Run("Restore-EtcdSnapshot a.db only -InitialCluster $three -Name m2", ("three", Three)).One.DataDirectory);
    }

    [Fact]
    public void A_file_that_is_named_with_brackets_is_restored_from_its_object()
    {
        _files.Run("Get-EtcdSnapshot -LiteralPath 'odd [1].db' | Restore-EtcdSnapshot -DataDirectory ./new").Succeed();
        _files.Run("Restore-EtcdSnapshot -LiteralPath 'odd [1].db' -DataDirectory ./new2").Succeed();
        Assert.True(Directory.Exists(_files["new", "member"]) && Directory.Exists(_files["new2", "member"]));
    }
}
