using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Approvals.Errors;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Etcd.Errors;
using Xunit;

namespace DrPowerShell.Core.Tests.Approvals;

public sealed class ApprovalCheckTests : IDisposable
{
    private readonly Approvers _people = new();

    public void Dispose() => _people.Dispose();

    [Fact]
    public void The_approvals_that_the_estate_asks_for_let_the_plan_run()
    {
        var granted = Check(_people.Policy(2, "alice", "bob", "carol"), _people.Approved("dave", "carol", "alice"));

        Assert.Equal(["carol", "alice"], granted.Approvers);
        Assert.Equal("dave", granted.Requester);
        Assert.StartsWith("request-20261122T140000Z-", granted.Request, StringComparison.Ordinal);
    }

    /// <summary>What is wrong, and the ErrorId that tells it.</summary>
    public static TheoryData<string, string> Refusals => new()
    {
        { "nothing is given", "ApprovalMissing" },
        { "nobody approved", "ApprovalMissing" },
        { "one of two approved", "ApprovalMissing" },
        { "one approved twice", "ApprovalMissing" },
        { "one approved with two keys", "ApprovalMissing" },
        { "two names with one key", "ApprovalMissing" },
        { "the requester approved", "ApprovalByRequester" },
        { "the requester approved with another key", "ApprovalByRequester" },
        { "a stranger approved", "ApproverUnknown" },
        { "another plan", "ApprovalForAnotherPlan" },
        { "another snapshot", "ApprovedSnapshotChanged" },
        { "a summary that tells of other steps", "ApprovalForAnotherPlan" },
        { "its time is over", "ApprovalExpired" },
        { "the policy's time is over", "ApprovalExpired" },
        { "from the future", "ApprovalExpired" },
        { "more keys lost", "ImpactExceedsApproval" },
        { "more keys reverted", "ImpactExceedsApproval" },
        { "a greater loss", "ImpactExceedsApproval" },
        { "an older source", "ImpactExceedsApproval" },
        { "no longer measurable", "ImpactExceedsApproval" },
        { "nothing was measured", "ImpactExceedsApproval" },
        { "a key that is no key", "ApproverKeyNotUsable" },
        { "a key that is gone", "ApproverKeyNotUsable" },
        { "a private key", "ApproverKeyNotUsable" },
        { "a certificate that ended", "ApproverKeyNotUsable" },
        { "a certificate of RSA", "ApproverKeyNotUsable" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_is_not_as_it_was_approved_is_refused_by_its_own_name(string case_, string errorId)
    {
        var refused = Assert.ThrowsAny<RecoveryException>(() => Refuse(case_));

        Assert.Equal(errorId, refused.ErrorId);
        Assert.NotNull(refused.RecommendedAction);
    }

    [Fact]
    public void What_is_missing_is_told_with_names()
    {
        var missing = Assert.Throws<ApprovalMissingException>(() => Check(_people.Policy(2, "alice", "bob", "carol"), _people.Approved("dave", "bob")));

        Assert.Equal(2, missing.Required);
        Assert.Equal(["bob"], missing.Approved);
        Assert.Equal(["alice", "carol"], missing.Others);
    }

    [Fact]
    public void What_differs_from_the_approved_plan_is_told_by_its_part()
    {
        var changed = Approvers.Plan("""{"cluster":{"name":"prod"},"hosts":{"etcd-1":{"dir":"/var/lib/etcd"}},"scripts":{"check.ps1":"bb"}}""");

        var other = Assert.Throws<ApprovalForAnotherPlanException>(() => Check(_people.Policy(1, "alice"), _people.Approved("dave", "alice"), changed));

        Assert.Equal(["the plan's scripts.check.ps1"], other.Differences);
    }

    [Fact]
    public void The_requesters_approval_counts_where_the_estate_allows_it()
    {
        var policy = _people.Policy(1, "alice") with { RequesterMayApprove = true };

        Assert.Equal(["alice"], Check(policy, _people.Approved("alice", "alice")).Approvers);
    }

    [Fact]
    public void A_stranger_and_the_requester_do_no_harm_where_enough_others_approved()
    {
        var granted = Check(_people.Policy(1, "alice", "bob"), _people.Approved("alice", "mallory", "alice", "bob"));

        Assert.Equal(["bob"], granted.Approvers);
        Assert.Equal("alice", granted.Requester);
    }

    [Fact]
    public void A_certificate_names_an_approver_as_its_bare_key_does()
    {
        var policy = _people.Policy(1, "alice");
        File.WriteAllText(_people.Public("alice"), Certificate("alice", Approvers.Now.AddYears(1)));

        Assert.Equal(["alice"], Check(policy, _people.Approved("dave", "alice")).Approvers);
    }

    [Fact]
    public void A_figure_that_was_not_known_when_it_was_approved_has_no_limit()
    {
        var bundle = _people.Request("dave", limits: new ImpactFigures { Loss = TimeSpan.FromHours(3) }).Approve("alice", null, _people["alice"], Approvers.Now);

        Assert.NotNull(Check(_people.Policy(1, "alice"), bundle));
    }

    [Fact]
    public void No_byte_of_a_bundle_can_be_changed()
    {
        var file = _people.Approved("dave", "alice", "mallory").ToFile();
        Assert.Equal(file, ApprovalBundle.Read(file, "bundle").ToFile());

        for (var i = 0; i < file.Length; i++)
        {
            // The last bit, the letter's case, each other bit in its turn, and what JSON takes for a blank.
            foreach (var changed in new[] { file[i] ^ 1, file[i] ^ 32, file[i] ^ (1 << (i % 8)), '\t' }.Where(b => b != file[i]).Distinct())
            {
                var altered = (byte[])file.Clone();
                altered[i] = (byte)changed;

                var refused = Assert.ThrowsAny<RecoveryException>(() => ApprovalBundle.Read(altered, "bundle"));

                Assert.True(refused is ApprovalAlteredException or RequestNotReadableException, refused.ErrorId);
            }
        }
    }

    [Fact]
    public void No_length_of_a_bundle_but_its_own_is_read()
    {
        var file = _people.Approved("dave", "alice").ToFile();
        for (var length = 0; length < file.Length; length++)
        {
            Assert.ThrowsAny<RecoveryException>(() => ApprovalBundle.Read(file[..length], "bundle"));
        }

        Assert.ThrowsAny<RecoveryException>(() => ApprovalBundle.Read([.. file, (byte)'\n'], "bundle"));
        Assert.Throws<RequestNotReadableException>(() => ApprovalBundle.Read(new byte[(1 << 20) + 1], "bundle"));
    }

    [Fact]
    public void Copies_that_different_people_signed_are_put_together()
    {
        var request = _people.Request("dave");
        var (first, second) = (request.Approve("alice", null, _people["alice"], Approvers.Now), request.Approve("bob", null, _people["bob"], Approvers.Now));

        var both = ApprovalBundle.Read(first.Merge(second).Merge(first).ToFile(), "bundle");

        Assert.Equal(["alice", "bob"], both.Approvals.Select(a => a.Approver));
        Assert.Throws<RequestsDifferException>(() => first.Merge(_people.Request("dave")));
    }

    [Fact]
    public void An_approval_of_another_request_does_not_fit_into_a_bundle()
    {
        var (ours, other) = (Text(_people.Request("dave")), Text(_people.Approved("dave", "alice")));
        var forged = ours.Replace("\"approvals\": []", other[other.IndexOf("\"approvals\"", StringComparison.Ordinal)..].TrimEnd('\n', '}').TrimEnd('\n'), StringComparison.Ordinal);
        Assert.NotEqual(ours, forged);

        var altered = Assert.Throws<ApprovalAlteredException>(() => ApprovalBundle.Read(Encoding.UTF8.GetBytes(forged), "bundle"));

        Assert.Contains("another request", altered.Message, StringComparison.Ordinal);
    }

    private static string Text(ApprovalBundle bundle) => Encoding.UTF8.GetString(bundle.ToFile());

    private static GrantedApproval Check(ApprovalSection policy, ApprovalBundle? bundle, PlanSummary? plan = null, ImpactFigures? measured = null, TimeSpan? after = null) =>
        ApprovalCheck.Check(policy, plan ?? Approvers.Plan(), measured ?? Approvers.Impact, bundle, Approvers.Now + (after ?? TimeSpan.FromMinutes(10)));

    private GrantedApproval Refuse(string case_)
    {
        var (two, one) = (_people.Policy(2, "alice", "bob"), _people.Policy(1, "alice"));
        var good = _people.Approved("dave", "alice");
        return case_ switch
        {
            "nothing is given" => Check(two, null),
            "nobody approved" => Check(two, _people.Request("dave")),
            "one of two approved" => Check(two, good),
            "one approved twice" => Check(two, good.Approve("alice", "again", _people["alice"], Approvers.Now.AddMinutes(7))),
            "one approved with two keys" => Check(two, WithFile("alice", File.ReadAllText(_people.Public("alice")) + Key("second"), _people.Approved("dave", "alice", "second"))),
            "two names with one key" => Check(two, WithFile("bob", File.ReadAllText(_people.Public("alice")), good)),
            "the requester approved" => Check(one, _people.Approved("alice", "alice")),
            "the requester approved with another key" => Check(one, WithFile("alice", File.ReadAllText(_people.Public("alice")) + Key("second"), _people.Approved("second", "alice"))),
            "a stranger approved" => Check(one, _people.Approved("dave", "mallory")),
            "another plan" => Check(one, good, Approvers.Plan("""{"cluster":{"name":"prod2"}}""")),
            "another snapshot" => Check(one, good, Approvers.Plan(sha: "ab13")),
            "a summary that tells of other steps" => Check(one, good, Approvers.Plan() with { Steps = [.. Approvers.Plan().Steps.Take(1)] }),
            "its time is over" => Check(one, good, after: TimeSpan.FromHours(4)),
            "the policy's time is over" => Check(one with { ValidFor = TimeSpan.FromHours(1) }, good, after: TimeSpan.FromHours(1)),
            "from the future" => Check(one, good, after: TimeSpan.FromTicks(-1)),
            "more keys lost" => Check(one, good, measured: Approvers.Impact with { KeysLost = 144 }),
            "more keys reverted" => Check(one, good, measured: Approvers.Impact with { KeysReverted = 392 }),
            "a greater loss" => Check(one, good, measured: Approvers.Impact with { Loss = TimeSpan.FromMinutes(125) + TimeSpan.FromTicks(1) }),
            "an older source" => Check(one, good, measured: Approvers.Impact with { SourceRevision = 1_204_330 }),
            "no longer measurable" => Check(one, good, measured: Approvers.Impact with { KeysLost = null }),
            "nothing was measured" => ApprovalCheck.Check(one, Approvers.Plan(), null, good, Approvers.Now),
            "a key that is no key" => Check(one, WithFile("alice", "alice", good)),
            "a key that is gone" => Check(one, WithFile("alice", null, good)),
            "a private key" => Check(one, WithFile("alice", File.ReadAllText(_people.Private("alice")), good)),
            "a certificate that ended" => Check(one, WithFile("alice", Certificate("alice", Approvers.Now.AddSeconds(-1)), good)),
            "a certificate of RSA" => Check(one, WithFile("alice", RsaCertificate(), good)),
            _ => throw new ArgumentOutOfRangeException(nameof(case_), case_, message: null),
        };
    }

    private string Key(string name)
    {
        _ = _people[name];
        return "\n" + File.ReadAllText(_people.Public(name));
    }

    private ApprovalBundle WithFile(string name, string? text, ApprovalBundle bundle)
    {
        File.Delete(_people.Public(name));
        if (text is not null)
        {
            File.WriteAllText(_people.Public(name), text);
        }

        return bundle;
    }

    private string Certificate(string name, DateTimeOffset end)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(_people.Private(name)));
        using var certificate = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256).CreateSelfSigned(end.AddYears(-1), end);
        return certificate.ExportCertificatePem();
    }

    private static string RsaCertificate()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=alice", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(Approvers.Now.AddYears(-1), Approvers.Now.AddYears(1));
        return certificate.ExportCertificatePem();
    }
}
