using System.Security.Cryptography;
using System.Text.Json;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Testing;

namespace DrPowerShell.Core.Tests.Approvals;

/// <summary>People with keys, a policy that names some of them, and a plan.</summary>
internal sealed class Approvers : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, ManifestSigner> _signers = new(StringComparer.Ordinal);

    public static DateTimeOffset Now { get; } = new(2026, 11, 22, 14, 0, 0, TimeSpan.Zero);

    public string Folder => _folder.FullName;

    /// <summary>Somebody's key; made at the first call.</summary>
    public ManifestSigner this[string name]
    {
        get
        {
            if (!_signers.TryGetValue(name, out var signer))
            {
                using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                File.WriteAllText(Private(name), key.ExportPkcs8PrivateKeyPem());
                File.WriteAllText(Public(name), key.ExportSubjectPublicKeyInfoPem());
                _signers[name] = signer = ManifestSigner.FromFile(Private(name));
            }

            return signer;
        }
    }

    public string Private(string name) => Path.Combine(Folder, name + ".key");

    public string Public(string name) => Path.Combine(Folder, name + ".pub");

    public ApprovalSection Policy(int required, params string[] names)
    {
        foreach (var name in names)
        {
            _ = this[name];
        }

        return new() { Required = required, Approvers = names.ToDictionary(name => name, Public, StringComparer.Ordinal) };
    }

    public static PlanSummary Plan(string plan = """{"cluster":{"name":"prod"},"hosts":{"etcd-1":{"dir":"/var/lib/etcd"}},"scripts":{"check.ps1":"aa"}}""", string sha = "ab12", ImpactFigures? impact = null)
    {
        var json = JsonDocument.Parse(plan).RootElement;
        var steps = new List<PlanSummaryStep> { new("stop-etcd-1", RecoveryPhase.Stop, "etcd-1", "stop etcd"), new("restore-etcd-1", RecoveryPhase.Restore, "etcd-1", "restore") };
        return new PlanSummary
        {
            Kind = "restore",
            Target = "prod",
            Digest = PlanDigest.Of(json),
            Parts = PlanDigest.Parts(json),
            Source = new PlanSource("prod-20261122T120512Z-7f3a", sha),
            Hosts = ["etcd-1"],
            Steps = steps,
            Impact = impact ?? Impact,
        };
    }

    public static ImpactFigures Impact { get; } = new() { KeysLost = 143, KeysReverted = 391, Loss = TimeSpan.FromMinutes(125), SourceRevision = 1_204_331 };

    public ApprovalBundle Request(string requester, PlanSummary? plan = null, ImpactFigures? limits = null) =>
        ApprovalBundle.New(plan ?? Plan(), limits ?? Impact, "etcd-2 and etcd-3 lost their disks", requester, this[requester], Now, TimeSpan.FromHours(4));

    public ApprovalBundle Approved(string requester, params string[] approvers) =>
        approvers.Aggregate(Request(requester), (bundle, name) => bundle.Approve(name, "looked at it", this[name], Now.AddMinutes(5)));

    public void Dispose()
    {
        foreach (var signer in _signers.Values)
        {
            signer.Dispose();
        }

        _folder.Dispose();
    }
}
