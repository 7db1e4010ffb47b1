using System.Management.Automation;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DrPowerShell.Module.Tests.Connections;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Repositories;

/// <summary>Backups in a repository at the prompt, with the tools of others as witnesses.</summary>
[UnsupportedOSPlatform("windows")]
[Collection(SecureClusterTests.Name)]
public sealed class StoredSnapshotCommandTests : IDisposable
{
    private const string Backup = "BackupEtcdSnapshotCommand";
    private const string Export = "ExportEtcdSnapshotCommand";
    private const string Get = "GetEtcdSnapshotCommand";
    private const string Import = "ImportEtcdSnapshotCommand";

    private readonly TempFolder _temp = new("stored");
    private readonly ModuleSession _session = new();
    private readonly string _recipient;

    public StoredSnapshotCommandTests(SecureCluster secure)
    {
        _temp.CreateFolder("store");
        Run("$ExecutionContext.SessionState.Path.SetLocation($here); $null = Connect-EtcdCluster -Name prod @c; $null = Set-EtcdKey /stored/a 1",
            ("here", _temp.FullName), ("c", secure.Connection)).Succeed();
        _recipient = (string)Run("New-SnapshotEncryptionKey ./prod.key").One.Recipient;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _session.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public async Task What_is_stored_opens_with_age_zstd_and_etcdutl_alone_and_they_agree_on_it()
    {
        var one = Run("Backup-EtcdSnapshot -Repository ./store -Recipient $r", ("r", _recipient)).One;
        var stored = _temp["store", (string)one.Manifest.Object.Name];
        Assert.EndsWith(".db.zst.age", stored, StringComparison.Ordinal);

        (await Command.RunAsync("sh", ["-c", $"age -d -i '{_temp["prod.key"]}' '{stored}' | zstd -dcq > '{_temp["theirs.db"]}'"], cancellationToken: Token)).ThrowIfFailed();
        var status = JsonNode.Parse(await EtcdBinaries.V35.SnapshotAsync("status", _temp["theirs.db"], "--write-out=json"))!;
        Assert.Equal((string)one.Manifest.Hash, ((uint)status["hash"]!).ToString("x", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal((long)one.Manifest.Revision, (long)status["revision"]!);
        Assert.Equal((long)one.Manifest.TotalKeyV35, (long)status["totalKey"]!);
        Assert.Equal((string)one.Manifest.Plain.Sha256, Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(_temp["theirs.db"], Token))).ToLowerInvariant());
    }

    [Fact]
    public void A_stored_backup_goes_through_the_whole_pipeline()
    {
        var one = Run("$b = Backup-EtcdSnapshot -Repository ./store -Recipient $r; $b", ("r", _recipient)).One;
        Assert.Equal("DrPowerShell.Core.Backups.EtcdSnapshot", ((PSObject)one).BaseObject.GetType().FullName);
        Assert.True((bool)one.IsEncrypted);

        var restored = Run("Get-EtcdSnapshot -Repository ./store -Cluster prod -Latest | Test-EtcdSnapshot -Identity ./prod.key | Restore-EtcdSnapshot -DataDirectory ./restored -Identity ./prod.key");
        Assert.Equal((long)one.Revision, (long)restored.One.Revision);
        Assert.Equal("1", (string)Run("$b | Get-EtcdSnapshotKey -Key /stored/a -Identity ./prod.key").One.Value);
        var test = Run("$b | Test-EtcdSnapshot").One;
        Assert.Equal("None", test.Level.ToString());
        Assert.Equal("NotDecrypted", First(test.Findings));
        Assert.Equal("Unsigned", (string)test.Integrity);
        var proofs = Directory.GetFiles(_temp["store", "prod"], "*.proof-*.json");
        Assert.Equal(2, proofs.Length);
        Run("$null = $b | Test-EtcdSnapshot -NoProof").Succeed();
        Assert.Equal(2, Directory.GetFiles(_temp["store", "prod"], "*.proof-*.json").Length);
        Run("$null = $b | Get-EtcdSnapshotKey -Key /stored/a -Identity ./prod.key -SpoolDirectory $here", ("here", _temp.CreateFolder("spool"))).Succeed();
        Assert.Empty(Directory.GetFileSystemEntries(_temp["spool"]));
    }

    [Fact]
    public void Backups_are_listed_by_cluster_time_and_id()
    {
        var first = (string)Run("Backup-EtcdSnapshot -Repository ./store -Level Digest").One.Name;
        var other = (string)Run("Export-EtcdSnapshot -Repository ./store -Id $id -Path ./a.db; Import-EtcdSnapshot ./a.db -Repository ./store -Cluster dev", ("id", first)).Succeed().Output[1].Properties["Name"].Value;

        Assert.Equal(2, Run("Get-EtcdSnapshot -Repository ./store").Succeed().Output.Count);
        Assert.Equal(first, (string)Run("Get-EtcdSnapshot -Repository ./store -Cluster prod").One.Name);
        Assert.Equal(other, (string)Run("Get-EtcdSnapshot -Repository ./store -Cluster dev -Latest").One.Name);
        Assert.Equal(first, (string)Run("Get-EtcdSnapshot -Repository ./store -Id $id", ("id", first)).One.Name);
        Assert.Empty(Run("Get-EtcdSnapshot -Repository ./store -Before $t", ("t", DateTimeOffset.UtcNow.AddDays(-1))).Succeed().Output);
        Assert.Empty(Run("Get-EtcdSnapshot -Repository ./store -AsOf $t", ("t", DateTimeOffset.UtcNow.AddDays(-1))).Succeed().Output);
        Assert.Equal(2, Run("Get-EtcdSnapshot -Repository ./store -AsOf $t", ("t", DateTimeOffset.UtcNow.AddMinutes(1))).Succeed().Output.Count);

        Run("Get-EtcdSnapshot -Repository ./store -Id nonsense").FailsWith("BackupIdNotValid", Get, ErrorCategory.InvalidArgument);
        Run("Get-EtcdSnapshot -Repository ./store -Id prod-20200101T000000Z-0000").Reports("BackupNotFound", Get, ErrorCategory.ObjectNotFound);
        Run("Get-EtcdSnapshot -Repository ./nowhere").FailsWith("StoreFolderNotFound", Get, ErrorCategory.ObjectNotFound);
        Run("Get-EtcdSnapshot -Repository ftp://x/y").FailsWith("RepositoryUriNotValid", Get, ErrorCategory.InvalidArgument);
        File.WriteAllText(_temp["store", "prod", first + ".manifest.json"], "{");
        var result = Run("Get-EtcdSnapshot -Repository ./store");
        Assert.Single(result.Output);
        result.Reports("ManifestNotValid", Get, ErrorCategory.InvalidData);
    }

    [Fact]
    public async Task Only_what_a_trusted_key_signed_is_restored_or_exported()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(_temp["sign.pem"], key.ExportPkcs8PrivateKeyPem(), Token);
        await File.WriteAllTextAsync(_temp["other.pem"], other.ExportPkcs8PrivateKeyPem(), Token);
        await File.WriteAllTextAsync(_temp["trusted.pem"], key.ExportSubjectPublicKeyInfoPem(), Token);
        await File.WriteAllTextAsync(_temp["dr.yaml"], $"repositories:\n  local:\n    uri: file://{_temp["store"]}\n    trust: [trusted.pem]\n", Token);
        await Command.RunAsync("chmod", ["600", _temp["dr.yaml"]], cancellationToken: Token);

        var signed = Run("Backup-EtcdSnapshot -Repository local -Estate ./dr.yaml -SigningKey ./sign.pem -Level Digest").One;
        Assert.Equal("Trusted", signed.Integrity.ToString());
        Assert.True(Run("Get-EtcdSnapshot -Repository local -Estate ./dr.yaml | Test-EtcdSnapshot").One.IsValid);
        Run("Get-EtcdSnapshot -Repository local -Estate ./dr.yaml | Restore-EtcdSnapshot -DataDirectory ./r1").Succeed();

        var unsigned = (string)Run("Backup-EtcdSnapshot -Repository local -Estate ./dr.yaml -Level Digest").One.Name;
        Run("Export-EtcdSnapshot -Repository local -Estate ./dr.yaml -Id $id -Path ./x.db", ("id", unsigned)).FailsWith("BackupNotTrusted", Export, ErrorCategory.SecurityError);
        var foreign = (string)Run("Backup-EtcdSnapshot -Repository local -Estate ./dr.yaml -SigningKey ./other.pem -Level Digest").One.Name;
        Run("Get-EtcdSnapshot -Repository local -Estate ./dr.yaml -Id $id | Restore-EtcdSnapshot -DataDirectory ./r2", ("id", foreign))
            .Reports("BackupNotTrusted", "RestoreEtcdSnapshotCommand", ErrorCategory.SecurityError);
        Assert.False(Directory.Exists(_temp["r2"]));
        var manifest = _temp["store", "prod", (string)signed.Name + ".manifest.json"];
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest, Token)).Replace("\"origin\": \"Streamed\"", "\"origin\": \"Imported\"", StringComparison.Ordinal), Token);
        var edited = Run("Get-EtcdSnapshot -Repository local -Estate ./dr.yaml -Id $id | Test-EtcdSnapshot", ("id", (string)signed.Name)).One;
        Assert.False((bool)edited.IsValid);
        Assert.Equal("ManifestNotTrusted", First(edited.Findings));
        Assert.Equal("Invalid", (string)edited.Integrity);
    }

    [Fact]
    public void Files_beside_etcd_go_with_a_backup_and_are_refused_in_the_clear()
    {
        File.WriteAllText(_temp["ca.key"], "a private key");
        Run("Backup-EtcdSnapshot -Repository ./store -IncludeFile ./ca.key").FailsWith("FilesNeedEncryption", Backup, ErrorCategory.SecurityError);
        Run("Backup-EtcdSnapshot -Repository ./store -IncludeFile ./gone -Recipient $r", ("r", _recipient)).FailsWith("PathNotFound", Backup, ErrorCategory.ObjectNotFound);
        Assert.Empty(Directory.GetFileSystemEntries(_temp["store"]));

        var one = Run("Backup-EtcdSnapshot -Repository ./store -IncludeFile ./ca.key -Recipient $r", ("r", _recipient)).One;
        Run("Export-EtcdSnapshot -Repository ./store -Id $id -Path ./x.db -FilesPath ./x.tar -Identity ./prod.key", ("id", (string)one.Name)).Succeed();
        Assert.Contains("a private key", File.ReadAllText(_temp["x.tar"]), StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(_temp["store"], "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain("a private key", File.ReadAllText(file), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WhatIf_stores_nothing_and_parameters_that_do_not_go_together_are_told()
    {
        Assert.Empty(Run("Backup-EtcdSnapshot -Repository ./store -WhatIf").Succeed().Output);
        Assert.Empty(Directory.GetFileSystemEntries(_temp["store"]));
        Run("Backup-EtcdSnapshot").FailsWith("ParametersConflict", Backup, ErrorCategory.InvalidArgument);
        Run("Backup-EtcdSnapshot ./a.db -Repository ./store").FailsWith("ParametersConflict", Backup, ErrorCategory.InvalidArgument);
        Run("Backup-EtcdSnapshot ./a.db -Recipient $r", ("r", _recipient)).FailsWith("ParametersConflict", Backup, ErrorCategory.InvalidArgument);
        Run("Backup-EtcdSnapshot -Repository ./store -Recipient age1x").FailsWith("EncryptionRecipientNotValid", Backup, ErrorCategory.InvalidArgument);
        File.WriteAllText(_temp["a.db"], new string('x', 5000));
        Run("Import-EtcdSnapshot ./a.db -Repository ./store -Cluster dev").Reports("SnapshotNotValid", Import, ErrorCategory.InvalidData);
        Assert.Empty(Directory.GetFileSystemEntries(_temp["store"]));
    }

    private static string First(object findings) => (string)((dynamic)((System.Collections.IEnumerable)findings).Cast<object>().First()).Code;

    private SessionResult Run(string script, params (string Name, object? Value)[] variables) => _session.Run(script, variables);
}
