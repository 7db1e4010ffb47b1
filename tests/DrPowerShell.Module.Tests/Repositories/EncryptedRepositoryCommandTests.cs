using System.Management.Automation;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests.Repositories;

/// <summary>Checking a repository of encrypted backups at the prompt: with its identity, without one, with somebody else's, and with the estate's.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class EncryptedRepositoryCommandTests : IDisposable
{
    private const string Test = "TestSnapshotRepositoryCommand";

    private readonly TempFolder _temp = new("encrypted");
    private readonly ModuleSession _session = new();
    private readonly string _recipient;
    private readonly string[] _ids;

    public EncryptedRepositoryCommandTests()
    {
        _temp.CreateFolder("store");
        Run("$ExecutionContext.SessionState.Path.SetLocation($here)", ("here", _temp.FullName)).Succeed();
        _recipient = (string)Run("New-SnapshotEncryptionKey ./mine.key").One.Recipient;
        Run("$null = New-SnapshotEncryptionKey ./other.key").Succeed();
        foreach (var day in new[] { 1, 2 })
        {
            File.Copy(RepositoryPaths.Fixture("golden.db"), _temp[$"{day}.db"]);
            File.SetLastWriteTimeUtc(_temp[$"{day}.db"], new DateTime(2026, 11, day, 12, 0, 0, DateTimeKind.Utc));
        }

        _ids = [.. Run("1..2 | ForEach-Object { Import-EtcdSnapshot \"./$_.db\" -Repository ./store -Cluster prod -Recipient $r }", ("r", _recipient)).All("Name").Cast<string>()];
    }

    public void Dispose()
    {
        _session.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public void With_its_identity_every_backup_is_read_and_proven_to_Full()
    {
        var check = Check("-Full -Identity ./mine.key -ProofEvery ([timespan]1) -FailOn Warning");

        Assert.True(check.IsValid);
        Assert.Empty(check.Findings);
        Assert.Equal((2, 2, 2), (check.Backups, check.Proven, check.Reverified));
        Assert.Equal(["Full", "Full"], Proofs().Select(proof => (string?)proof["level"]));
        Assert.All(Proofs(), proof => Assert.True((bool)proof["decrypted"]!));
        Assert.Equal(_ids.Order(), Proofs().Select(proof => (string?)proof["backup"]).Order());
    }

    [Fact]
    public void Without_an_identity_the_stored_bytes_alone_are_proven_and_it_is_said()
    {
        var check = Check("-Full -ProofEvery ([timespan]1)");

        Assert.True(check.IsValid);
        Assert.Equal(["ProofOverdue", "ProofOverdue", "NotDecrypted"], check.Codes);
        Assert.All(check.Findings.Take(2), finding => Assert.Contains("-Identity", finding.Text, StringComparison.Ordinal));
        Assert.Equal(["None", "None"], Proofs().Select(proof => (string?)proof["level"]));
        Assert.All(Proofs(), proof => Assert.False((bool)proof["decrypted"]!));

        var file = _temp["store", "prod", _ids[0] + ".db.zst.age"];
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
        var damaged = Check("-Full");
        Assert.False(damaged.IsValid);
        Assert.Equal(["ObjectChanged", "NotDecrypted"], damaged.Codes);
        Assert.Equal(_ids[0], damaged.Findings[0].Backup);
    }

    [Fact]
    public void Somebody_elses_identity_is_a_finding_that_names_the_recipients_and_no_proof()
    {
        var result = Run("Test-SnapshotRepository ./store -Full -Identity ./other.key -FailOn Error -Verbose");

        Assert.Contains("EncryptedForOthers", result.FailsWith("RepositoryTestFailed", Test, ErrorCategory.InvalidData).Exception.Message, StringComparison.Ordinal);
        var check = new Outcome(Assert.Single(result.Output));
        Assert.False(check.IsValid);
        Assert.Equal((0, 0), (check.Reverified, check.BytesRead));
        Assert.Equal(["EncryptedForOthers", "EncryptedForOthers"], check.Codes);
        Assert.All(check.Findings, finding => Assert.Contains(_recipient, finding.Text, StringComparison.Ordinal));
        Assert.Empty(Proofs());
        string[] told = [.. check.Findings.Select(finding => finding.Text), .. result.Verbose, result.Terminating!.ToString()];
        Assert.DoesNotContain("AGE-SECRET-KEY", string.Join('\n', told), StringComparison.Ordinal);

        // One of several opens it.
        Assert.True(Check("-Full -Identity ./other.key, ./mine.key").IsValid);
        Run("Test-SnapshotRepository ./store -Identity ./1.db").FailsWith("EncryptionIdentityNotValid", Test, ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void What_the_estate_says_of_identities_opens_them_unless_others_are_given()
    {
        File.WriteAllText(_temp["dr.yaml"], $$"""
            repositories:
              local:
                uri: ./store
                encrypt: { recipients: [{{_recipient}}], identities: ['file:mine.key'] }
            """);
        File.SetUnixFileMode(_temp["dr.yaml"], UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Assert.Equal(2, Check("-Full -FailOn Warning", "local -Estate ./dr.yaml").Reverified);
        Assert.Equal(["Full", "Full"], Proofs().Select(proof => (string?)proof["level"]));
        Assert.Equal(["EncryptedForOthers", "EncryptedForOthers"], Check("-Full -Identity ./other.key", "local -Estate ./dr.yaml").Codes);
        Run("Export-EtcdSnapshot -Repository local -Estate ./dr.yaml -Id $id -Path ./one.db", ("id", _ids[1])).Succeed();
        Run("Get-EtcdSnapshot -Repository local -Estate ./dr.yaml -Latest | Export-EtcdSnapshot -Path ./two.db").Succeed();
        Assert.All(new[] { "one.db", "two.db" }, name => Assert.Equal(File.ReadAllBytes(_temp["2.db"]), File.ReadAllBytes(_temp[name])));
        Assert.Equal("Full", Run("Get-EtcdSnapshot -Repository local -Estate ./dr.yaml -Latest | Test-EtcdSnapshot").One.Level.ToString());
        Run("Get-EtcdSnapshot -Repository local -Estate ./dr.yaml -Latest | Restore-EtcdSnapshot -DataDirectory ./restored").Succeed();
        Run("Get-EtcdSnapshot -Repository ./store -Latest | Export-EtcdSnapshot -Path ./three.db").Reports("EncryptedForOthers", "ExportEtcdSnapshotCommand", ErrorCategory.SecurityError);
    }

    private Outcome Check(string how, string repository = "./store") => new(Assert.Single(Run($"Test-SnapshotRepository {repository} {how}").Succeed().Output));

    private List<JsonNode> Proofs() => [.. Directory.GetFiles(_temp["store", "prod"], "*.proof-*.json").Select(file => JsonNode.Parse(File.ReadAllText(file))!)];

    private SessionResult Run(string script, params (string Name, object? Value)[] variables) => _session.Run(script, variables);

    /// <summary>What a check found, as a script sees it.</summary>
    private sealed class Outcome(dynamic result)
    {
        public bool IsValid { get; } = result.IsValid;

        public int Backups { get; } = result.Backups;

        public int Proven { get; } = result.Proven;

        public int Reverified { get; } = result.Reverified;

        public long BytesRead { get; } = result.BytesRead;

        public IReadOnlyList<(string Code, string? Backup, string Text)> Findings { get; } =
            [.. ((IEnumerable<object>)result.Findings).Select(one => (dynamic)one).Select(one => ((string)one.Code, (string?)one.Backup, (string)one.Text))];

        public IEnumerable<string> Codes => Findings.Select(finding => finding.Code);
    }
}
