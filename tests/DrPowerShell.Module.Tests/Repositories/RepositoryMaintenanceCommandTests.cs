using System.Management.Automation;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests.Repositories;

/// <summary>Copying, checking, retaining and removing stored backups at the prompt.</summary>
public sealed class RepositoryMaintenanceCommandTests : IDisposable
{
    private const string Copy = "CopyEtcdSnapshotCommand";
    private const string Remove = "RemoveEtcdSnapshotCommand";
    private const string Retain = "InvokeSnapshotRetentionCommand";
    private const string Test = "TestSnapshotRepositoryCommand";

    private readonly TempFolder _temp = new("maintain");
    private readonly ModuleSession _session = new();
    private readonly string[] _ids;

    public RepositoryMaintenanceCommandTests()
    {
        _temp.CreateFolder("one");
        _temp.CreateFolder("two");
        for (var day = 1; day <= 3; day++)
        {
            File.Copy(RepositoryPaths.Fixture("golden.db"), _temp[$"{day}.db"]);
            File.SetLastWriteTimeUtc(_temp[$"{day}.db"], new DateTime(2026, 11, day, 12, 0, 0, DateTimeKind.Utc));
        }

        Run("$ExecutionContext.SessionState.Path.SetLocation($here)", ("here", _temp.FullName)).Succeed();
        _ids = [.. Run("1..3 | ForEach-Object { Import-EtcdSnapshot \"./$_.db\" -Repository ./one -Cluster prod }").All("Name").Cast<string>()];
    }

    public void Dispose()
    {
        _session.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public void A_mirror_copies_what_is_missing_and_a_check_counts_the_copies()
    {
        Assert.Empty(Run("Copy-EtcdSnapshot ./two -Repository ./one -Mirror -WhatIf").Succeed().Output);
        Assert.Empty(Directory.GetFileSystemEntries(_temp["two"]));

        var first = Run("Get-EtcdSnapshot -Repository ./one -Id $id | Copy-EtcdSnapshot ./two", ("id", _ids[0]));
        Assert.Equal(_ids[0], (string)first.One.Name);
        Assert.Equal(_ids[1..].Order(), Run("Copy-EtcdSnapshot ./two -Repository ./one -Mirror").All("Name").Cast<string>().Order());
        Assert.Empty(Run("Copy-EtcdSnapshot ./two -Repository ./one -Mirror").Succeed().Output);
        Assert.Equal(Files("one"), Files("two"));
        Assert.True((bool)Run("Get-EtcdSnapshot -Repository ./two -Id $id | Test-EtcdSnapshot", ("id", _ids[2])).One.IsValid);

        File.WriteAllText(_temp["two", "prod", _ids[1] + ".db.zst"], "damaged");
        var check = Run("$r = Test-SnapshotRepository ./two -CopyIn ./one; $r").One;
        Assert.False((bool)check.IsValid);
        Assert.Equal(2, (int)check.Proven);
        var finding = Run("$r.Findings").One;
        Assert.Equal(("ObjectChanged", _ids[1]), ((string)finding.Code, (string)finding.Backup));
        Run("Copy-EtcdSnapshot ./two -Repository ./one -Id $id -ReadBack", ("id", _ids[1])).Succeed();
        Assert.True((bool)Run("Test-SnapshotRepository ./two -Full").One.IsValid);
    }

    [Fact]
    public void A_damaged_backup_is_an_error_of_its_own_and_the_others_are_copied()
    {
        File.WriteAllText(_temp["one", "prod", _ids[1] + ".db.zst"], "damaged");
        var result = Run("Copy-EtcdSnapshot ./two -Repository ./one -Mirror");
        Assert.Equal(_ids[1], result.Reports("BackupObjectChanged", Copy, ErrorCategory.InvalidData).TargetObject);
        Assert.Equal(2, result.Output.Count);
        Run("Copy-EtcdSnapshot ./one -Repository ./one").FailsWith("SameRepository", Copy, ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void A_check_writes_its_result_and_then_fails_a_scheduler_with_a_reason()
    {
        var result = Run("Test-SnapshotRepository ./one -Rpo 6h -Copies 2 -FailOn Error");
        Assert.Equal("one", result.FailsWith("RepositoryTestFailed", Test, ErrorCategory.InvalidData).TargetObject!.ToString()!.Split('/')[^1]);
        Assert.Contains("RpoMissed", result.Terminating!.Message, StringComparison.Ordinal);
        var written = (dynamic)Assert.Single(result.Output);
        Assert.Equal(3, (int)written.Backups);
        Assert.Equal(["RpoMissed", "SingleCopy", "SingleCopy", "SingleCopy"], ((IEnumerable<object>)written.Findings).Select(f => (string)((dynamic)f).Code));
        Run("Test-SnapshotRepository ./one -FailOn Warning").Succeed();
        Assert.Equal(["-", "45m", "2h", "12d"], Run("$null, [timespan]'00:45', [timespan]'02:00', [timespan]'12.00:00' | ForEach-Object { [DrPowerShell.Module.Pipeline.Age]::Show($_) }").Succeed().Output.Select(t => t.ToString()));

        var read = Run("Test-SnapshotRepository ./one -Sample 1").One;
        Assert.Equal(1, (int)read.Reverified);
        Assert.Single(Directory.GetFiles(_temp["one", "prod"], "*.proof-*.json"));
        Run("Test-SnapshotRepository ./nowhere").FailsWith("StoreFolderNotFound", Test, ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void Retention_tells_of_each_backup_what_keeps_it_before_and_after()
    {
        var before = Files("one");
        var rehearsal = Run("Invoke-SnapshotRetention ./one -KeepDaily 2 -WhatIf").Succeed();
        Assert.Equal(before, Files("one"));
        Assert.Equal(["Keep", "Keep", "Remove"], rehearsal.All("Act").Cast<string>());
        Assert.Equal(Enumerable.Reverse(_ids), rehearsal.Output.Select(d => ((dynamic)d).Backup.ToString()).Cast<string>());
        Assert.Contains("daily 2026-11-03", (IEnumerable<string>)((dynamic)rehearsal.Output[0]).Rules);

        Assert.Equal(["Keep", "Keep", "Removed"], Run("Invoke-SnapshotRetention ./one -KeepDaily 2").All("Act").Cast<string>());
        Assert.DoesNotContain(Files("one"), name => name.Contains(_ids[0], StringComparison.Ordinal));
        Assert.Equal(4, Files("one").Count);
        Run("Invoke-SnapshotRetention ./one").FailsWith("ParametersConflict", Retain, ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void What_another_run_holds_is_left_alone()
    {
        Directory.CreateDirectory(_temp["one", ".lock"]);
        File.WriteAllText(_temp["one", ".lock", "removal-20261122T135000Z-0a1b2c3d.json"], """{"host":"etcd-9","pid":7,"started":"2026-11-22T13:50:00Z","held":true}""");
        var error = Run("Invoke-SnapshotRetention ./one -KeepLast 1 -Wait 0").FailsWith("RepositoryBusy", Retain, ErrorCategory.ResourceBusy);
        Assert.Contains("etcd-9", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(6, Files("one").Count(name => name.StartsWith("prod/", StringComparison.Ordinal)));
    }

    [Fact]
    public void Removal_asks_keeps_the_last_good_one_and_leaves_files_to_others()
    {
        Run("Get-EtcdSnapshot -Repository ./one | Remove-EtcdSnapshot -WhatIf").Succeed();
        Assert.Equal(6, Files("one").Count);

        var result = Run("Get-EtcdSnapshot -Repository ./one | Remove-EtcdSnapshot -Confirm:$false");
        Assert.Equal("BackupProtected", result.Reports("BackupProtected", Remove, ErrorCategory.InvalidOperation).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(2, Files("one").Count);
        var left = (string)Run("Get-EtcdSnapshot -Repository ./one").One.Name;
        Run("Remove-EtcdSnapshot -Repository ./one -Id $id -Force -Confirm:$false", ("id", left)).Succeed();
        Assert.Empty(Files("one"));
        Run("Remove-EtcdSnapshot -Repository ./one -Id $id -Force -Confirm:$false", ("id", left)).Reports("BackupNotFound", Remove, ErrorCategory.ObjectNotFound);
        Run("Get-EtcdSnapshot ./1.db | Remove-EtcdSnapshot -Confirm:$false").Reports("SnapshotNotInRepository", Remove, ErrorCategory.InvalidArgument);
        Assert.True(File.Exists(_temp["1.db"]));
    }

    private List<string> Files(string repository) => [.. Directory.GetFiles(_temp[repository], "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(_temp[repository], path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    private SessionResult Run(string script, params (string Name, object? Value)[] variables) => _session.Run(script, variables);
}
