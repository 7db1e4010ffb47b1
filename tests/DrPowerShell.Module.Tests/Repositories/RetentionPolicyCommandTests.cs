using System.Management.Automation;
using System.Runtime.Versioning;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests.Repositories;

/// <summary>A retention policy of the estate, named at the prompt.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RetentionPolicyCommandTests : IDisposable
{
    private const string Retain = "InvokeSnapshotRetentionCommand";

    private const string Estate = """
        repositories:
          local: { uri: ./store, place: dc1 }
        retention:
          standard: { daily: 2, monthly: 2 }
          one: { last: 1 }
        """;

    private readonly TempFolder _temp = new("policy");
    private readonly ModuleSession _session = new();

    /// <summary>The ids, oldest first: three days of November and one of October.</summary>
    private readonly string[] _ids;

    public RetentionPolicyCommandTests()
    {
        _temp.CreateFolder("store");
        File.WriteAllText(_temp["dr.yaml"], Estate);
        File.SetUnixFileMode(_temp["dr.yaml"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        DateTime[] times = [new(2026, 10, 30, 12, 0, 0, DateTimeKind.Utc), .. Enumerable.Range(1, 3).Select(day => new DateTime(2026, 11, day, 12, 0, 0, DateTimeKind.Utc))];
        for (var i = 0; i < times.Length; i++)
        {
            File.Copy(RepositoryPaths.Fixture("golden.db"), _temp[$"{i}.db"]);
            File.SetLastWriteTimeUtc(_temp[$"{i}.db"], times[i]);
        }

        Run("$ExecutionContext.SessionState.Path.SetLocation($here)", ("here", _temp.FullName)).Succeed();
        _ids = [.. Run("0..3 | ForEach-Object { Import-EtcdSnapshot \"./$_.db\" -Repository ./store -Cluster prod }").All("Name").Cast<string>()];
        Run("$null = Import-EtcdSnapshot ./1.db -Repository ./store -Cluster lab").Succeed();
    }

    public void Dispose()
    {
        _session.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public void It_is_rehearsed_with_the_rule_of_each_backup_and_then_removes_just_those()
    {
        var before = Files();
        var rehearsal = Run("Invoke-SnapshotRetention local -Estate ./dr.yaml -Cluster prod -Policy standard -WhatIf").Succeed();

        Assert.Equal(before, Files());
        Assert.Equal(
            [
                $"{_ids[3]} Keep daily 2026-11-03, monthly 2026-11, newest verified",
                $"{_ids[2]} Keep daily 2026-11-02",
                $"{_ids[1]} Remove ",
                $"{_ids[0]} Keep monthly 2026-10",
            ],
            rehearsal.Output.Select(Line));
        Assert.All(rehearsal.All("IsRemoved"), removed => Assert.False((bool)removed!));

        var done = Run("Invoke-SnapshotRetention local -Estate ./dr.yaml -Cluster prod -Policy standard").Succeed();
        Assert.Equal(rehearsal.Output.Select(Line).Select(line => line.Replace(" Remove ", " Removed ", StringComparison.Ordinal)), done.Output.Select(Line));
        Assert.Equal(before.Where(name => !name.Contains(_ids[1], StringComparison.Ordinal)), Files());
        Assert.All(Run("Invoke-SnapshotRetention local -Estate ./dr.yaml -Policy standard").All("Act"), act => Assert.Equal("Keep", act));
    }

    [Fact]
    public void Each_cluster_has_its_turn_and_keeps_its_last_one()
    {
        var done = Run("Invoke-SnapshotRetention local -Estate ./dr.yaml -Policy one").Succeed();

        Assert.Equal(["lab Keep", "prod Keep", "prod Removed", "prod Removed", "prod Removed"], done.Output.Select(item => $"{item.Properties["Cluster"].Value} {item.Properties["Act"].Value}"));
        Assert.Equal(4, Files().Count);
    }

    [Fact]
    public void A_policy_that_is_not_there_is_told_with_those_that_are_and_goes_with_no_other_rule()
    {
        var before = Files();
        var error = Run("Invoke-SnapshotRetention local -Estate ./dr.yaml -Policy standrad").FailsWith("RetentionPolicyNotFound", Retain, ErrorCategory.ObjectNotFound);
        Assert.Contains("standard, one", error.Exception.Message, StringComparison.Ordinal);
        var both = Run("Invoke-SnapshotRetention local -Estate ./dr.yaml -Policy standard -KeepLast 1");
        Assert.StartsWith("AmbiguousParameterSet", ((IContainsErrorRecord)both.Terminating!).ErrorRecord.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(before, Files());
    }

    private static string Line(PSObject decision) =>
        $"{decision.Properties["Backup"].Value} {decision.Properties["Act"].Value} {string.Join(", ", (IEnumerable<string>)decision.Properties["Rules"].Value)}";

    private List<string> Files() => [.. Directory.GetFiles(_temp["store"], "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(_temp["store"], path)).Order(StringComparer.Ordinal)];

    private SessionResult Run(string script, params (string Name, object? Value)[] variables) => _session.Run(script, variables);
}
