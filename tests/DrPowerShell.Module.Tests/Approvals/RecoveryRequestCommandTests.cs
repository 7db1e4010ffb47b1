using System.Management.Automation;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests.Approvals;

/// <summary>Requests made, shown and approved at the prompt, with keys as openssl writes them.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RecoveryRequestCommandTests : IDisposable
{
    private const string New = "NewRecoveryRequestCommand";
    private const string Get = "GetRecoveryRequestCommand";
    private const string Approve = "ApproveRecoveryRequestCommand";

    private readonly TempFolder _temp = new("requests");
    private readonly ModuleSession _session = new();

    public RecoveryRequestCommandTests()
    {
        foreach (var (name, curve) in new[] { ("dave", ECCurve.NamedCurves.nistP256), ("alice", ECCurve.NamedCurves.nistP384), ("bob", ECCurve.NamedCurves.nistP521), ("mallory", ECCurve.NamedCurves.nistP256) })
        {
            using var key = ECDsa.Create(curve);
            File.WriteAllText(_temp[name + ".key"], key.ExportECPrivateKeyPem());
            File.WriteAllText(_temp[name + ".pub"], key.ExportSubjectPublicKeyInfoPem());
        }

        File.WriteAllText(_temp["estate.yaml"], """
            clusters:
              prod:
                endpoints: ['https://127.0.0.1:1']
                approval:
                  required: 2
                  validFor: 4h
                  approvers: { alice: alice.pub, bob: bob.pub, dave: dave.pub }
            repositories:
              here: { uri: ./store }
            """);
        File.SetUnixFileMode(_temp["estate.yaml"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _temp.CreateFolder("store");
        Run("""
            $ExecutionContext.SessionState.Path.SetLocation($here)
            $PSDefaultParameterValues = @{ '*-RecoveryRequest:Estate' = "$here/estate.yaml"; '*-RecoveryRequest:Confirm' = $false }
            $PSDefaultParameterValues.Remove('Get-RecoveryRequest:Confirm')
            $plan = [DrPowerShell.Core.Approvals.PlanSummary]@{
                Kind = 'restore'; Target = 'prod'; Digest = 'ab' * 32; Hosts = [string[]]@('etcd-1', 'etcd-2')
                Source = [DrPowerShell.Core.Approvals.PlanSource]::new('prod-20261122T120512Z-7f3a', 'cd' * 32)
                Impact = [DrPowerShell.Core.Approvals.ImpactFigures]@{ KeysLost = 143; KeysReverted = 391; Loss = [timespan]'02:05:00'; SourceRevision = 1204331 }
            }
            """, ("here", _temp.FullName)).Succeed();
    }

    public void Dispose()
    {
        _session.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public void A_request_is_made_signed_by_two_and_shown_as_approved()
    {
        var made = Run("$plan | New-RecoveryRequest -SigningKey ./dave.key -Reason 'disks lost' -Path ./request.json").One;
        Assert.Equal("DrPowerShell.Core.Approvals.RecoveryRequestInfo", ((PSObject)made).BaseObject.GetType().FullName);
        Assert.Equal(("dave", "Open", 2, TimeSpan.FromHours(4)), ((string)made.Requester, (string)made.State.ToString(), (int)made.Required, (TimeSpan)(made.Expires - made.Created)));
        Assert.Equal(_temp["request.json"], (string)made.Path);

        var first = Run("Approve-RecoveryRequest ./request.json -SigningKey ./alice.key -Comment 'looked at it'");
        Assert.Empty(first.Warnings);
        Assert.Equal("Open", first.One.State.ToString());
        var second = Run("Get-RecoveryRequest ./request.json | Approve-RecoveryRequest -SigningKey ./bob.key").One;

        Assert.Equal("Approved", second.State.ToString());
        Assert.Equal(new[] { "alice", "bob" }, (IReadOnlyList<string>)Run("Get-RecoveryRequest ./req*.json").One.ApprovedBy);
        Assert.Equal("Approved", Run("[pscustomobject]@{ PSPath = './request.json' } | Get-RecoveryRequest").One.State.ToString());
    }

    [Fact]
    public void Copies_that_two_people_signed_apart_are_put_together()
    {
        Run("""
            $null = $plan | New-RecoveryRequest -SigningKey ./dave.key -Reason x -Path ./request.json
            $null = Approve-RecoveryRequest ./request.json -SigningKey ./alice.key -OutputPath ./alice.json
            $null = Approve-RecoveryRequest ./request.json -SigningKey ./bob.key -OutputPath ./bob.json
            """).Succeed();
        Assert.Equal("Open", Run("Get-RecoveryRequest ./request.json").One.State.ToString());

        Assert.Equal("Approved", Run("Approve-RecoveryRequest ./alice.json, ./bob.json -SigningKey ./mallory.key -OutputPath ./all.json").One.State.ToString());
        Run("Approve-RecoveryRequest ./alice.json, ./bob.json -SigningKey ./mallory.key").FailsWith("ParametersConflict", Approve, ErrorCategory.InvalidArgument);
        Run("Approve-RecoveryRequest ./alice.json -SigningKey ./bob.key -OutputPath ./all.json").FailsWith("RequestFileExists", Approve, ErrorCategory.ResourceExists);
    }

    [Fact]
    public void Requests_and_approvals_lie_in_a_repository_as_well()
    {
        var id = (string)Run("$plan | New-RecoveryRequest -SigningKey ./dave.key -Reason x -Repository here").One.Id;

        Assert.Equal("Open", Run("Get-RecoveryRequest -Repository here | Approve-RecoveryRequest -SigningKey ./alice.key").One.State.ToString());
        Run("$ExecutionContext.SessionState.Path.SetLocation('/')").Succeed();
        Assert.Equal("Approved", Run("Get-RecoveryRequest -Repository $s -Id $id | Approve-RecoveryRequest -SigningKey $k", ("s", _temp["store"]), ("id", id), ("k", _temp["bob.key"])).One.State.ToString());

        Assert.Equal(new[] { "alice", "bob" }, ((IReadOnlyList<string>)Run("Get-RecoveryRequest -Repository here").One.ApprovedBy).Order(StringComparer.Ordinal));
        Assert.Equal(3, Directory.GetFiles(_temp["store", ".requests"]).Length);
        File.WriteAllText(_temp["store", ".requests", id + ".used.json"], $$"""{"request":"{{id}}","run":"restore-20261122T141530Z-7f3a","by":"ops@host","time":"2026-11-22T14:15:30Z"}""");
        var used = Run("Get-RecoveryRequest -Repository here").One;
        Assert.Equal(("Used", "restore-20261122T141530Z-7f3a"), ((string)used.State.ToString(), (string)used.UsedBy));
        Run("Get-RecoveryRequest -Repository here | Approve-RecoveryRequest -SigningKey $k", ("k", _temp["alice.key"])).Reports("ApprovalUsed", Approve, ErrorCategory.InvalidOperation);
        Run("Get-RecoveryRequest -Repository here -Id request-20200101T000000Z-00000000").Reports("RequestNotFound", Get, ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void Limits_beyond_what_was_measured_are_named_and_signed()
    {
        var limits = Run("$plan | New-RecoveryRequest -SigningKey ./dave.key -Reason x -Path ./r.json -AcceptKeysLost 500 -AcceptDataLoss 3h").One.Limits;

        Assert.Equal((500L, 391L, TimeSpan.FromHours(3), 1204331L), ((long)limits.KeysLost, (long)limits.KeysReverted, (TimeSpan)limits.Loss, (long)limits.SourceRevision));
    }

    [Fact]
    public void A_duration_is_what_was_typed_and_never_more()
    {
        foreach (var (written, seconds) in new[]
        {
            ("90s", 90), ("30s", 30), ("1.5s", 1.5), ("1d", 86400), ("0.5d", 43200), ("1.5h", 5400), ("7200", 7200), ("1e3", 1000), ("'36h'", 129600), ("12:00:00", 43200), ("2:05", 7500),
            ("1.02:00:00", 93600), ("$short", 90), ("([byte] 9)", 9), ("([float] 1.5)", 1.5), ("([ulong] 7)", 7), ("([timespan]::FromHours(2))", 7200),
        })
        {
            var request = Run($"$short = 90s; $plan | New-RecoveryRequest -SigningKey ./dave.key -Reason x -Path './{Guid.NewGuid()}.json' -AcceptDataLoss {written}").One;
            Assert.Equal((written, TimeSpan.FromSeconds(seconds)), (written, (TimeSpan)request.Limits.Loss));
        }

        foreach (var written in new[] { "36:00:00", "25:00:00", "25:00", "-02:00:00", "-30s", "1kb", "10l", "0x10", "5y", "$decimal", "([decimal] 90)" })
        {
            var error = Run($"$decimal = 2d; $plan | New-RecoveryRequest -SigningKey ./dave.key -Reason x -Path ./never.json -AcceptDataLoss {written}").Terminating;
            Assert.Contains("AcceptDataLoss", Assert.IsAssignableFrom<ParameterBindingException>(error).Message, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(_temp["never.json"]));
    }

    [Fact]
    public void A_plan_is_taken_as_a_value_with_all_its_steps()
    {
        Run("$other = [DrPowerShell.Core.Approvals.PlanSummary]@{ Kind = 'restore'; Target = 'prod'; Digest = 'cd' * 32 }").Succeed();

        Assert.Equal("prod", Run("New-RecoveryRequest @($plan, $plan, $plan) -SigningKey ./dave.key -Reason x -Path ./r.json").One.Target);
        Assert.Equal(2, Run("New-RecoveryRequest $plan, $other -SigningKey ./dave.key -Reason x -Repository here").Succeed().Output.Count);
    }

    [Fact]
    public void Keys_may_be_encrypted_and_certificates_may_sign()
    {
        const string Passphrase = "correct-horse";
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(_temp["alice.key"]));
        using var certificate = new CertificateRequest("CN=alice", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(1));
        using var ended = new CertificateRequest("CN=alice", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(-1));
        File.WriteAllBytes(_temp["alice.pfx"], certificate.Export(X509ContentType.Pkcs12, Passphrase));
        File.WriteAllText(_temp["alice.pub"], certificate.ExportCertificatePem());
        using var bob = ECDsa.Create();
        bob.ImportFromPem(File.ReadAllText(_temp["bob.key"]));
        File.WriteAllText(_temp["bob.key"], bob.ExportEncryptedPkcs8PrivateKeyPem(Passphrase, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        File.WriteAllText(_temp["passphrase"], Passphrase + "\n");
        var secret = new System.Security.SecureString();
        foreach (var c in Passphrase)
        {
            secret.AppendChar(c);
        }

        Run("$null = $plan | New-RecoveryRequest -SigningKey ./dave.key -Reason x -Path ./r.json").Succeed();
        Run("Approve-RecoveryRequest ./r.json -SigningKey ./bob.key").FailsWith("SigningKeyNotUsable", Approve, ErrorCategory.InvalidData);
        Run("Approve-RecoveryRequest ./r.json -SigningKey ./bob.key -SigningKeyPassphrase $s", ("s", secret)).Succeed();
        Run("Approve-RecoveryRequest ./r.json -Certificate ./alice.pfx").FailsWith("SigningKeyNotUsable", Approve, ErrorCategory.InvalidData);
        var approved = Run("Approve-RecoveryRequest ./r.json -Certificate ./alice.pfx -SigningKeyPassphrase $p", ("p", "file:" + _temp["passphrase"])).One;
        Assert.Equal("Approved", approved.State.ToString());
        Run("Approve-RecoveryRequest ./r.json -Certificate $c", ("c", certificate)).Succeed();
        Run("Approve-RecoveryRequest ./r.json -Certificate $c", ("c", ended)).FailsWith("SigningKeyNotUsable", Approve, ErrorCategory.InvalidData);

        var plain = Run("Approve-RecoveryRequest ./r.json -SigningKey ./bob.key -SigningKeyPassphrase $p", ("p", Passphrase)).Terminating!;
        Assert.IsAssignableFrom<ParameterBindingException>(plain);
        Assert.DoesNotContain(Passphrase, plain.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_approval_that_would_not_count_is_warned_of()
    {
        Run("$null = $plan | New-RecoveryRequest -SigningKey ./dave.key -Reason x -Path ./r.json").Succeed();

        Assert.Contains("dave made the request", Assert.Single(Run("Approve-RecoveryRequest ./r.json -SigningKey ./dave.key -WhatIf").Warnings), StringComparison.Ordinal);
        Assert.Contains("no approver with the key", Assert.Single(Run("Approve-RecoveryRequest ./r.json -SigningKey ./mallory.key -WhatIf").Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIf_changes_nothing()
    {
        Run("$null = $plan | New-RecoveryRequest -SigningKey ./dave.key -Reason x -Path ./r.json").Succeed();
        var (before, text) = (_temp.List(), File.ReadAllText(_temp["r.json"]));

        Assert.Empty(Run("New-RecoveryRequest $plan -SigningKey ./dave.key -Reason x -Path ./other.json -Repository here -WhatIf").Succeed().Output);
        Assert.Empty(Run("Approve-RecoveryRequest ./r.json -SigningKey ./alice.key -Repository here -WhatIf").Succeed().Output);

        Assert.Equal(before, _temp.List());
        Assert.Equal(text, File.ReadAllText(_temp["r.json"]));
    }

    [Fact]
    public async Task What_cannot_be_used_is_refused_by_its_own_name()
    {
        Run("$null = $plan | New-RecoveryRequest -SigningKey ./dave.key -Reason x -Path ./r.json -ValidFor 1s; $null = $plan | New-RecoveryRequest -SigningKey ./dave.key -Reason x -Path ./good.json").Succeed();
        File.WriteAllText(_temp["altered.json"], File.ReadAllText(_temp["good.json"]).Replace("143", "144", StringComparison.Ordinal));
        File.WriteAllText(_temp["no.json"], "{}");

        Run("New-RecoveryRequest $plan -SigningKey ./dave.key -Reason x").FailsWith("ParametersConflict", New, ErrorCategory.InvalidArgument);
        Run("New-RecoveryRequest $plan -Reason x -Path ./x.json").FailsWith("ParametersConflict", New, ErrorCategory.InvalidArgument);
        Run("New-RecoveryRequest $plan -SigningKey ./dave.key -Reason x -Path ./x.json -ValidFor 0").FailsWith("ParametersConflict", New, ErrorCategory.InvalidArgument);
        Run("New-RecoveryRequest $plan -SigningKey ./dave.key -Reason x -Path ./good.json").FailsWith("RequestFileExists", New, ErrorCategory.ResourceExists);
        Run("New-RecoveryRequest $plan -SigningKey ./dave.pub -Reason x -Path ./x.json").FailsWith("SigningKeyNotUsable", New, ErrorCategory.InvalidData);
        Run("Get-RecoveryRequest ./altered.json").Reports("ApprovalAltered", Get, ErrorCategory.SecurityError);
        Run("Get-RecoveryRequest ./no.json").Reports("RequestNotReadable", Get, ErrorCategory.InvalidData);
        Run("Approve-RecoveryRequest ./altered.json -SigningKey ./alice.key").FailsWith("ApprovalAltered", Approve, ErrorCategory.SecurityError);
        Run("Approve-RecoveryRequest ./gone.json -SigningKey ./alice.key").FailsWith("RequestNotReadable", Approve, ErrorCategory.InvalidData);
        await Eventually.IsTrueAsync(() => (bool)(Run("Get-RecoveryRequest ./r.json").One.State.ToString() == "Expired"), "the request ends", cancellationToken: TestContext.Current.CancellationToken);
        Run("Approve-RecoveryRequest ./r.json -SigningKey ./alice.key").FailsWith("ApprovalExpired", Approve, ErrorCategory.InvalidOperation);
    }

    [Fact]
    public void A_prompt_tells_what_would_be_destroyed()
    {
        Run("$null = $plan | New-RecoveryRequest -SigningKey ./dave.key -Reason 'disks lost' -Path ./r.json").Succeed();

        var verbose = string.Join('\n', Run("Approve-RecoveryRequest ./r.json -SigningKey ./alice.key -Verbose").Succeed().Verbose);

        Assert.Contains("143 keys lost, 391 reverted, loss 02:05:00", verbose, StringComparison.Ordinal);
        Assert.Contains("asked for by dave: disks lost", verbose, StringComparison.Ordinal);
        Assert.Contains("restore of prod from prod-20261122T120512Z-7f3a on etcd-1, etcd-2", verbose, StringComparison.Ordinal);
    }

    private SessionResult Run(string script, params (string Name, object? Value)[] variables) => _session.Run(script, variables);
}
