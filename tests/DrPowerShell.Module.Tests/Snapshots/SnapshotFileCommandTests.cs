using System.Management.Automation;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Snapshots;

public sealed class SnapshotFileCommandTests : IDisposable
{
    private const string Get = "GetEtcdSnapshotCommand";
    private const string Test = "TestEtcdSnapshotCommand";
    private const string GetKey = "GetEtcdSnapshotKeyCommand";
    private const string Compare = "CompareEtcdSnapshotCommand";

    private readonly SnapshotFiles _files = new();
    private readonly GoldenFacts _facts = GoldenFacts.Load("golden.db");

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("Get-EtcdSnapshot *.db", 3)]
    [InlineData("Get-EtcdSnapshot -Path ./a.db, ./b.db", 2)]
    [InlineData("Get-EtcdSnapshot './[ab].db'", 2)]
    [InlineData("Get-EtcdSnapshot -LiteralPath 'odd [1].db'", 1)]
    [InlineData("'a.db', './b.db' | Get-EtcdSnapshot", 2)]
    [InlineData("[System.IO.FileInfo]::new(\"$here/a.db\"), [System.IO.FileInfo]::new(\"$here/odd [1].db\") | Get-EtcdSnapshot", 2)]
    [InlineData("[pscustomobject]@{ LiteralPath = 'odd [1].db' }, [pscustomobject]@{ PSPath = \"$here/a.db\" } | Get-EtcdSnapshot", 2)]
    [InlineData("Get-EtcdSnapshot *.db | Get-EtcdSnapshot", 3)]
    [InlineData("Get-EtcdSnapshot *.db | Test-EtcdSnapshot -Level Digest | Get-EtcdSnapshot", 3)]
    [InlineData("Get-EtcdSnapshot *.db | ForEach-Object Path | Get-EtcdSnapshot -LiteralPath { $_ }", 3)]
    public void Files_are_named_in_every_way_that_users_name_them(string script, int count)
    {
        var result = _files.Run(script).Succeed();

        Assert.Equal(count, result.Output.Count);
        Assert.All(result.Output, o => Assert.Equal("DrPowerShell.Core.Backups.EtcdSnapshot", o.BaseObject.GetType().FullName));
        Assert.All(result.All("Path"), path => Assert.True(File.Exists((string)path!)));
    }

    [Fact]
    public void A_listing_says_what_the_files_are_and_verifies_nothing()
    {
        var one = _files.Run("Get-EtcdSnapshot a.db").One;

        Assert.Equal("a.db", (string)one.Name);
        Assert.Equal(_files["a.db"], (string)one.Path);
        Assert.Equal(_facts.Revision, (long)one.Revision);
        Assert.Equal("None", one.Verified.ToString());
        Assert.True((bool)one.DigestPresent);
        Assert.Null((object?)one.TestResult);
        Assert.Equal(TimeSpan.Zero, ((DateTimeOffset)one.Created).Offset);
        Assert.Equal(_facts.AuthEnabled, (bool)one.Metadata.IsAuthEnabled);
    }

    [Fact]
    public void A_file_that_is_no_snapshot_is_an_error_of_its_own_and_the_list_goes_on()
    {
        var result = _files.Run("Get-EtcdSnapshot a.db, none.txt, b.db");

        var error = result.Reports("NotAnEtcdSnapshot", Get, ErrorCategory.InvalidData);
        Assert.Equal(_files["none.txt"], error.TargetObject);
        Assert.Equal(["a.db", "b.db"], result.Output.Select(o => o.Properties["Name"].Value));
    }

    [Theory]
    [InlineData("Get-EtcdSnapshot gone.db", "gone.db")]
    [InlineData("Get-EtcdSnapshot *.gone", "*.gone")]
    [InlineData("Get-EtcdSnapshot -LiteralPath '*.db'", "*.db")]
    public void A_path_that_names_nothing_is_told(string script, string target)
    {
        var error = _files.Run(script).Reports("PathNotFound", Get, ErrorCategory.ObjectNotFound);
        Assert.Equal(target, error.TargetObject);
    }

    [Fact]
    public void A_path_that_names_nothing_does_not_keep_the_others_from_their_turn_and_is_no_pass()
    {
        var result = _files.Run("Get-EtcdSnapshot gone.db, a.db");
        Assert.Equal("a.db", Assert.Single(result.Output).Properties["Name"].Value);
        result.Reports("PathNotFound", Get, ErrorCategory.ObjectNotFound);

        result = _files.Run("Test-EtcdSnapshot gone.db, a.db -FailOn Error");
        Assert.Single(result.Output);
        result.FailsWith("SnapshotTestFailed", Test, ErrorCategory.InvalidData);
    }

    [Fact]
    public void A_folder_and_another_providers_drive_are_told_apart()
    {
        _files.Run("Get-EtcdSnapshot $here", ("here", _files[""])).Reports("SnapshotFileNotFound", Get, ErrorCategory.ObjectNotFound);
        _files.Run("Get-EtcdSnapshot variable:here").Reports("PathNotFileSystem", Get, ErrorCategory.InvalidArgument);
    }

    [Theory]
    [InlineData("Digest", false, false)]
    [InlineData("Structure", true, false)]
    [InlineData("Full", true, true)]
    public void Each_level_brings_its_figures(string level, bool status, bool hashKv)
    {
        var result = _files.Run($"Test-EtcdSnapshot a.db -Level {level}").Succeed();
        var one = result.One;

        Assert.True((bool)one.IsValid);
        Assert.Equal(level, one.Level.ToString());
        Assert.Equal($"valid, level {level}", (string)one.ToString());
        Assert.Equal(status, one.Status is not null);
        Assert.Equal(hashKv, one.HashKv is not null);
        Assert.Equal(64, ((string)one.Digest).Length);
        if (status)
        {
            Assert.Equal(_facts.Hash, (uint)one.Status.Hash);
            Assert.Equal(_facts.TotalKey, (int)one.Status.TotalKeyV35);
            Assert.Matches($"^[0-9,]+ {(hashKv ? "live keys" : "rows")}, hash {_facts.Hash:x}; cluster version .*, revision {_facts.Revision:N0}$", (string)one.Status.ToString());
        }

        if (hashKv)
        {
            Assert.Equal(_facts.HashKv.Hash, (uint)one.HashKv);
        }
    }

    [Fact]
    public async Task Level_boot_boots_and_tells_its_steps_and_needs_an_etcd()
    {
        // A bar is shown from the first second on, and a quick machine boots in less.
        var slow = _files["slow-etcd"];
        File.WriteAllText(slow, $"#!/bin/sh\nsleep 1\nexec '{EtcdBinaries.V35.Etcd}' \"$@\"\n");
        await DrPowerShell.Testing.Command.RunAsync("chmod", ["u+x", slow]);
        var result = _files.Run("Test-EtcdSnapshot a.db -Level Boot -EtcdPath $etcd -Verbose", ("etcd", slow)).Succeed();
        Assert.Equal(EtcdBinaries.V35.Version, (string)result.One.BootedVersion);
        Assert.Contains(result.Verbose, line => line.Contains("HashKV", StringComparison.Ordinal));
        Assert.NotEmpty(result.Progress);

        var error = _files.Run("Test-EtcdSnapshot a.db -Level Boot -EtcdPath ./nowhere").Reports("EtcdBinaryNotFound", Test, ErrorCategory.NotInstalled);
        Assert.Equal(_files["nowhere"], error.TargetObject);
    }

    [Fact]
    public void Damage_is_a_finding_and_fails_only_where_that_was_asked()
    {
        var result = _files.Run("Test-EtcdSnapshot a.db, damaged.bad, raw.image").Succeed();
        Assert.Equal([true, false, true], result.All("IsValid"));
        Assert.Equal([true, true, false], result.All("DigestPresent"));

        result = _files.Run("Test-EtcdSnapshot damaged.bad, a.db -FailOn Error");
        Assert.Equal([false, true], result.Output.Select(o => o.Properties["IsValid"].Value));
        Assert.Equal(_files["damaged.bad"], result.FailsWith("SnapshotTestFailed", Test, ErrorCategory.InvalidData).TargetObject);

        _files.Run("Test-EtcdSnapshot raw.image -FailOn Error").Succeed();
        result = _files.Run("'raw.image', 'a.db' | Test-EtcdSnapshot -FailOn Warning");
        Assert.Equal(2, result.Output.Count);
        result.FailsWith("SnapshotTestFailed", Test, ErrorCategory.InvalidData);
    }

    [Fact]
    public void A_file_that_could_not_be_tested_is_no_pass()
    {
        var result = _files.Run("Test-EtcdSnapshot $here, a.db -FailOn Error", ("here", _files[""]));

        Assert.Single(result.Output);
        Assert.StartsWith("SnapshotFileNotFound,", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        result.FailsWith("SnapshotTestFailed", Test, ErrorCategory.InvalidData);
    }

    [Fact]
    public void Keys_are_read_whole_by_name_by_prefix_at_a_revision_and_a_few_at_a_time()
    {
        var all = _files.Run("Get-EtcdSnapshotKey a.db").Succeed();
        Assert.Equal(_facts.Keys.Select(k => k.ModRevision), all.All("ModRevision").Cast<long>());
        Assert.Equal(_facts.Keys.Select(k => k.Value), all.All("ValueBytes").Cast<byte[]>());
        Assert.Equal(_facts.Keys.Select(k => k.Lease), all.All("Lease").Cast<long>());

        var named = _facts.Keys.First(k => k.KeyText.All(char.IsAscii));
        Assert.Equal(named.CreateRevision, (long)_files.Run("Get-EtcdSnapshotKey a.db $k", ("k", named.KeyText)).One.CreateRevision);
        Assert.Empty(_files.Run("Get-EtcdSnapshotKey a.db /no/such/key").Succeed().Output);
        Assert.Equal(2, _files.Run("Get-EtcdSnapshotKey a.db -First 2").Succeed().Output.Count);
        Assert.Equal(_facts.Keys.Count * 3, _files.Run("Get-EtcdSnapshot *.db | Get-EtcdSnapshotKey").Succeed().Output.Count);
        Assert.Equal(_facts.KeysAtCompactRevision.Count, _files.Run("Get-EtcdSnapshotKey a.db -Revision $r", ("r", _facts.HashKv.CompactRevision)).Succeed().Output.Count);
        var prefix = named.KeyText[..2];
        Assert.Equal(
            _facts.Keys.Count(k => k.KeyText.StartsWith(prefix, StringComparison.Ordinal)),
            _files.Run("Get-EtcdSnapshotKey a.db -Prefix $p", ("p", prefix)).Succeed().Output.Count);
    }

    [Fact]
    public void A_revision_that_the_snapshot_does_not_hold_is_told()
    {
        var compacted = _facts.HashKv.CompactRevision;
        Assert.True(compacted > 1, "the golden snapshot has a compaction");
        Assert.Equal(compacted - 1, _files.Run("Get-EtcdSnapshotKey a.db -Revision $r", ("r", compacted - 1))
            .Reports("SnapshotRevisionCompacted", GetKey, ErrorCategory.InvalidArgument).TargetObject);
        Assert.Equal(_facts.Revision + 1, _files.Run("Get-EtcdSnapshotKey a.db -Revision $r", ("r", _facts.Revision + 1))
            .Reports("SnapshotRevisionInFuture", GetKey, ErrorCategory.InvalidArgument).TargetObject);
        Assert.Equal("Prefix", _files.Run("Get-EtcdSnapshotKey a.db -Key a -Prefix b").FailsWith("ParametersConflict", GetKey, ErrorCategory.InvalidArgument).TargetObject);
    }

    [Fact]
    public void Two_snapshots_compare_and_equal_ones_have_no_difference()
    {
        Assert.Empty(_files.Run("Compare-EtcdSnapshot a.db 'odd [1].db'").Succeed().Output);
        Assert.Empty(_files.Run("Get-EtcdSnapshot 'a.db' | Compare-EtcdSnapshot -DifferencePath b.db").Succeed().Output);
        var other = Testing.RepositoryPaths.Fixture("golden-3.4.db");
        var result = _files.Run("Compare-EtcdSnapshot a.db $o", ("o", other)).Succeed();
        Assert.All(result.Output, o => Assert.Equal("DrPowerShell.Etcd.Snapshots.EtcdKeyDifference", o.BaseObject.GetType().FullName));
        var older = GoldenFacts.Load("golden-3.4.db").Keys;
        var expected = _facts.Keys.Select(k => k.KeyText).Union(older.Select(k => k.KeyText))
            .Select(key => (Key: key, Left: _facts.Keys.FirstOrDefault(k => k.KeyText == key), Right: older.FirstOrDefault(k => k.KeyText == key)))
            .Where(k => k.Left?.ValueText != k.Right?.ValueText || k.Left?.Lease != k.Right?.Lease)
            .Select(k => (k.Key, k.Left is null ? "Added" : k.Right is null ? "Removed" : "Changed")).ToArray();
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Order(), result.Output.Select(o => ((string)o.Properties["Key"].Value, o.Properties["Change"].Value.ToString()!)).Order());

        _files.Run("Compare-EtcdSnapshot a.db b.db -Endpoint 127.0.0.1:1").FailsWith("ParametersConflict", Compare, ErrorCategory.InvalidArgument);
        _files.Run("Compare-EtcdSnapshot a.db").FailsWith("NoOpenConnection", Compare, ErrorCategory.InvalidOperation);
        Assert.Equal("gone.db", _files.Run("Compare-EtcdSnapshot a.db gone.db").FailsWith("PathNotFound", Compare, ErrorCategory.ObjectNotFound).TargetObject);
    }
}
