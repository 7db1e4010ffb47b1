using System.Management.Automation;
using System.Runtime.Versioning;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests.Estates;

/// <summary>No other test may run meanwhile: the estate's environment variable is the process's.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class EstatesAlone
{
    public const string Name = "Estates";
}

[Collection(EstatesAlone.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class EstateCommandTests : IDisposable
{
    private const string Planted = "planted-hunter2";

    private const string Valid = """
        clusters:
          prod: { endpoints: ['https://127.0.0.1:1'], user: root, password: env:DR_TEST_ESTATE_SECRET }
          vaulted: { endpoints: ['https://127.0.0.1:1'], user: root, password: secret:V/etcd }
        repositories:
          here: { uri: ./here, place: site-a }
          far:
            uri: s3://bucket/prefix
            encrypt: { passphrase: file:secret.txt }
            s3: { endpoint: 'https://127.0.0.1:1', accessKey: env:DR_TEST_ESTATE_SECRET, secretKey: file:secret.txt }
        schedules:
          nightly: { cluster: prod, repository: here, when: daily }
        notifiers:
          chat: { type: webhook, secretUrl: env:DR_TEST_ESTATE_SECRET, secretHeaders: { Authorization: file:secret.txt } }
          post: { type: mail, host: h, user: u, password: file:secret.txt, from: a@b.example, to: [c@d.example] }
        notify: [chat, post]
        """;

    private readonly ModuleSession _session = new();
    private readonly TempFolder _folder = new("estate");
    private readonly (string Name, string? Value)[] _before =
        [.. new[] { "DRPOWERSHELL_ESTATE", "XDG_CONFIG_HOME" }.Select(name => (name, Environment.GetEnvironmentVariable(name)))];

    public EstateCommandTests()
    {
        Environment.SetEnvironmentVariable("DRPOWERSHELL_ESTATE", null);
        Environment.SetEnvironmentVariable("XDG_CONFIG_HOME", _folder.CreateFolder("config"));
        Environment.SetEnvironmentVariable("DR_TEST_ESTATE_SECRET", Planted);
        File.WriteAllText(_folder["secret.txt"], Planted);
    }

    public void Dispose()
    {
        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_estate_is_found_by_path_by_variable_and_in_the_users_folder_and_nowhere_else()
    {
        var here = Write("estate.yaml", Valid);
        _session.Run("$null = $ExecutionContext.SessionState.Path.SetLocation($f)", ("f", _folder.FullName)).Succeed();

        // The current folder holds one; it is not looked at.
        var missing = _session.Run("Get-RecoveryEstate").FailsWith("EstateNotFound", "GetRecoveryEstateCommand", ErrorCategory.ObjectNotFound);
        Assert.Equal(_folder["config", "drpowershell", "estate.yaml"], missing.TargetObject);
        Assert.Equal(here, _session.Run("Get-RecoveryEstate ./estate.yaml").One.Path);

        Directory.CreateDirectory(_folder["config", "drpowershell"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var users = Write(Path.Combine("config", "drpowershell", "estate.yaml"), Valid);
        Assert.Equal(users, _session.Run("Get-RecoveryEstate").One.Path);

        foreach (var written in new[] { here, "./estate.yaml" })
        {
            Environment.SetEnvironmentVariable("DRPOWERSHELL_ESTATE", written);
            Assert.Equal(here, _session.Run("Get-RecoveryEstate").One.Path);
            Assert.Equal(here, _session.Run("Test-RecoveryEstate").One.Path);
            Assert.Equal("far", _session.Run("(TabExpansion2 ($l = 'Get-SnapshotRepository f') $l.Length).CompletionMatches.CompletionText").One);
        }
    }

    [Fact]
    public void It_is_shown_with_references_and_without_a_single_secret()
    {
        var result = _session.Run("$e = Get-RecoveryEstate $p -Verbose; $e; $e.Clusters.prod; $e.Repositories.far.S3; $e.Schedules.nightly; $e.Notifiers.chat; $e.Notifiers.post; Get-SnapshotRepository -Estate $p -Verbose",
            ("p", Write("dr.yaml", Valid)));

        var shown = string.Join('\n', result.Succeed().Output.Select(Everything).Concat(result.Verbose));
        Assert.DoesNotContain(Planted, shown, StringComparison.Ordinal);
        Assert.Contains("env:DR_TEST_ESTATE_SECRET", shown, StringComparison.Ordinal);
        Assert.Contains("file:" + _folder["secret.txt"], shown, StringComparison.Ordinal);
        Assert.Contains("0 0 * * *", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Repositories_are_listed_by_name_and_wildcard()
    {
        var path = Write("dr.yaml", Valid);

        Assert.Equal(["here", "far"], _session.Run("Get-SnapshotRepository -Estate $p", ("p", path)).All("Name"));
        Assert.Equal(["far"], _session.Run("Get-SnapshotRepository F* -Estate $p", ("p", path)).All("Name"));
        var far = _session.Run("Get-SnapshotRepository far -Estate $p", ("p", path)).One;
        Assert.Equal(("s3://bucket/prefix", "127.0.0.1", true, "Passphrase"), ((string)far.Uri.ToString(), (string)far.Place, (bool)far.IsOffsite, (string)far.Encryption));
        _session.Run("Get-SnapshotRepository fa -Estate $p", ("p", path)).Reports("RepositoryNotFound", "GetSnapshotRepositoryCommand", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void All_mistakes_are_one_error_and_many_objects()
    {
        var path = Write("dr.yaml", $"clusters:\n  prod: {{ endpoints: [x], user: u, password: {Planted} }}\nrepositores: {{}}\n");

        var error = _session.Run("Get-RecoveryEstate $p", ("p", path)).FailsWith("EstateNotValid", "GetRecoveryEstateCommand", ErrorCategory.InvalidData);
        var result = _session.Run("Test-RecoveryEstate $p -Verbose", ("p", path)).One;
        var failed = _session.Run("[System.IO.FileInfo]::new($p) | Test-RecoveryEstate -FailOn Error", ("p", path));
        failed.FailsWith("EstateNotValid", "TestRecoveryEstateCommand", ErrorCategory.InvalidData);

        Assert.Single(failed.Output);
        Assert.False((bool)result.IsValid);
        Assert.Equal(3, (int)result.Mistakes.Count);
        Assert.Equal((2, 23, path), ((int)result.Mistakes[0].Line, (int)result.Mistakes[0].Column, (string)result.Mistakes[0].File));
        Assert.Contains("did you mean repositories?", error.Exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Planted, Everything(PSObject.AsPSObject(error.Exception)) + string.Join('\n', (IEnumerable<object>)result.Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_YAML_is_an_error_to_read_and_a_mistake_to_test()
    {
        var path = Write("dr.yaml", "a: 1\na: 2\n");

        _session.Run("Get-RecoveryEstate $p", ("p", path)).FailsWith("EstateNotReadable", "GetRecoveryEstateCommand", ErrorCategory.InvalidData);
        Assert.Equal(2, (int)_session.Run("(Test-RecoveryEstate $p).Mistakes", ("p", path)).One.Line);
        Assert.True((bool)_session.Run("Test-RecoveryEstate $p -FailOn Error", ("p", Write("good.yaml", Valid))).One.IsValid);
    }

    [Fact]
    public void A_file_that_others_may_write_is_refused()
    {
        var path = Write("dr.yaml", Valid);
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupWrite);

        var error = _session.Run("Get-SnapshotRepository -Estate $p", ("p", path)).FailsWith("EstateNotTrusted", "GetSnapshotRepositoryCommand", ErrorCategory.SecurityError);

        Assert.Contains("chmod go-w " + path, error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_completed_from_the_estate_and_nothing_fails_at_the_prompt()
    {
        var path = Write("dr.yaml", Valid);
        var broken = Write("broken.yaml", "a: [");

        Assert.Equal(["here", "far"], Complete($"Get-SnapshotRepository -Estate '{path}' -Name "));
        Assert.Equal(["prod", "vaulted"], Complete($"Get-EtcdCluster -Estate '{path}' -Cluster "));
        _session.Run("$ExecutionContext.SessionState.Path.SetLocation($d)", ("d", _folder[""])).Succeed();
        Assert.Equal(["far"], Complete("Get-EtcdSnapshot -Estate ./dr.yaml -Repository f"));
        Assert.DoesNotContain("prod", Complete($"Get-EtcdCluster -Estate '{broken}' -Cluster "));
        Assert.DoesNotContain("prod", Complete("Get-EtcdCluster -Estate nowhere.yaml -Cluster "));
        Environment.SetEnvironmentVariable("DRPOWERSHELL_ESTATE", path);
        Assert.Equal(["vaulted"], Complete("Get-EtcdCluster -Cluster v"));
    }

    [Fact]
    public void A_cluster_of_the_estate_is_connected_to_by_its_name()
    {
        var path = Write("dr.yaml", Valid);

        // Nothing listens there: that it was tried shows that the name was found and the password read.
        var tried = _session.Run("Get-EtcdKey /a -Cluster prod -Estate $p", ("p", path));
        Assert.Equal("EtcdEndpointUnreachable", Id(tried));
        Assert.Equal("ClusterNotFound", Id(_session.Run("Get-EtcdKey /a -Cluster prd -Estate $p", ("p", path))));
        Assert.Equal("ConnectionNotFound", Id(_session.Run("Get-EtcdKey /a -Cluster prod")));

        Environment.SetEnvironmentVariable("DRPOWERSHELL_ESTATE", path);
        Assert.Equal("EtcdEndpointUnreachable", Id(_session.Run("Get-EtcdKey /a -Cluster prod")));
        Assert.Equal("ConnectionNotFound", Id(_session.Run("Get-EtcdKey /a -Cluster prd")));

        Environment.SetEnvironmentVariable("DR_TEST_ESTATE_SECRET", null);
        Assert.Equal("SecretNotFound", Id(_session.Run("Get-EtcdKey /a -Cluster prod")));
    }

    [Fact]
    public void A_secret_in_a_vault_is_asked_for_in_the_session()
    {
        var path = Write("dr.yaml", Valid);

        var missing = _session.Run("Get-EtcdKey /a -Cluster vaulted -Estate $p", ("p", path));
        Assert.Equal("SecretVaultsNotAvailable", Id(missing));

        const string vault = """
            function global:Get-Secret {
                [CmdletBinding()] param($Vault, $Name)
                $global:asked = "$Vault/$Name"
                if ($global:refuse) { throw 'planted-hunter2 is locked' }
                [System.Net.NetworkCredential]::new('', 'planted-hunter2').SecurePassword
            }
            """;
        _session.Run(vault).Succeed();
        Assert.Equal("EtcdEndpointUnreachable", Id(_session.Run("Get-EtcdKey /a -Cluster vaulted -Estate $p", ("p", path))));
        Assert.Equal("V/etcd", _session.Run("$global:asked").Succeed().Output[0].BaseObject);

        var refused = _session.Run("$global:refuse = $true; Get-EtcdKey /a -Cluster vaulted -Estate $p -Verbose", ("p", path));
        Assert.Equal("SecretNotFound", Id(refused));
        var told = string.Join('\n', refused.Errors.Select(error => error + error.Exception.ToString()).Concat(refused.Verbose).Append(refused.Terminating?.ToString()));
        Assert.DoesNotContain(Planted, told, StringComparison.Ordinal);
    }

    [Fact]
    public void The_shipped_example_is_valid_and_its_schema_lies_in_the_module()
    {
        using var copy = new TempFolder("estate");
        File.Copy(Path.Combine(RepositoryPaths.Examples, "estate", "dr.yaml"), copy["dr.yaml"]);
        File.SetUnixFileMode(copy["dr.yaml"], UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var result = _session.Run("Test-RecoveryEstate $p", ("p", copy["dr.yaml"])).One;

        Assert.True((bool)result.IsValid, string.Join('\n', (IEnumerable<object>)result.Mistakes));
        Assert.All(["estate", "backup-manifest", "backup-proof", "recovery-report"], name => Assert.True(File.Exists(Path.Combine(RepositoryPaths.Module, "schemas", name + ".schema.json"))));
    }

    private static string Id(SessionResult result)
    {
        var record = result.Terminating is IContainsErrorRecord terminating ? terminating.ErrorRecord : result.Errors[0];
        return record.FullyQualifiedErrorId.Split(',')[0];
    }

    private static string Everything(PSObject value) =>
        value + "\n" + string.Join('\n', value.Properties.Select(property => $"{property.Name}={property.Value}"));

    private string[] Complete(string line) =>
        [.. _session.Run("(TabExpansion2 $line $line.Length).CompletionMatches.CompletionText", ("line", line)).Succeed().Output.Select(one => one?.ToString() ?? "")];

    private string Write(string name, string text)
    {
        var path = _folder[name];
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
