using System.Text.Json;
using DrPowerShell.Core.Checks;

using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Services;

namespace DrPowerShell.Core.Tests.Reports;

/// <summary>Runs as their journals would tell them, of every kind that a report must tell of.</summary>
internal static class SampleRuns
{
    public const string Id = "restore-20261122T141530Z-7f3a";

    /// <summary>Everything that can bend a page, a table or a line.</summary>
    public const string Hostile = "<script>alert('x')</script> \"quoted\" & 'single' | pipe `tick` **bold** [link](http://evil.example/)\nsecond line \u202Etxt.exe\u202C \u05E9\u05DC\u05D5\u05DD \u0007 \uD800 </title></svg><img src=http://evil.example/x onerror=alert(1)> @everyone";

    private static readonly DateTimeOffset Start = new(2026, 11, 22, 14, 15, 30, TimeSpan.Zero);

    private static readonly (RecoveryPhase Phase, string Id, string Host, string Title, double From, double Took, string? Text)[] Script =
    [
        (RecoveryPhase.Assess, "reach-m1", "etcd-1", "reach the host, find the data directory, check space", 0, 0.4, "2.1 GB of 40 GB used, ext4, owner etcd"),
        (RecoveryPhase.Assess, "reach-m2", "etcd-2", "reach the host, find the data directory, check space", 0, 0.6, "2.1 GB of 40 GB used, ext4, owner etcd"),
        (RecoveryPhase.Assess, "reach-m3", "etcd-3", "reach the host, find the data directory, check space", 0, 0.5, "2.1 GB of 40 GB used, ext4, owner etcd"),
        (RecoveryPhase.Assess, "fetch-source", "local", "fetch and verify prod-20261122T140512Z-7f3a", 0, 8.2, "verified Full: revision 1,204,331, 1,812 MB"),
        (RecoveryPhase.Assess, "measure-impact", "local", "measure what it destroys", 8.2, 4.1, "143 keys lost, 12 back, 391 reverted"),
        (RecoveryPhase.Approve, "approve", "local", "2 of 3 named approvers (not the requester)", 12.3, 0.1, "req-41 of dave, approved by alice, bob"),
        (RecoveryPhase.Approve, "lock-m1", "etcd-1", "keep other runs away", 12.4, 0.1, null),
        (RecoveryPhase.Approve, "lock-m2", "etcd-2", "keep other runs away", 12.4, 0.1, null),
        (RecoveryPhase.Approve, "lock-m3", "etcd-3", "keep other runs away", 12.4, 0.1, null),
        (RecoveryPhase.Quiesce, "quiesce-etcd-1-kube-apiserver", "etcd-1", "stop kube-apiserver; prove it down", 12.5, 4.2, "down: no process, port 6443 closed"),
        (RecoveryPhase.Protect, "protect-m2", "etcd-2", "last snapshot of m2, which still answers", 16.7, 7.9, "revision 1,209,870 of m2, kept at /var/lib/drpowershell/last-m2.db"),
        (RecoveryPhase.Stop, "stop-m1", "etcd-1", "stop etcd; prove it down", 24.6, 2.1, "was down already"),
        (RecoveryPhase.Stop, "stop-m2", "etcd-2", "stop etcd; prove it down", 24.6, 3.3, "down: no process, ports 2379 and 2380 closed"),
        (RecoveryPhase.Stop, "stop-m3", "etcd-3", "stop etcd; prove it down", 24.6, 2.7, "down: no process, ports 2379 and 2380 closed"),
        (RecoveryPhase.Restore, "build", "local", "build the data directories of all members from one read", 27.9, 12.6, "cluster 8a3f00c1d2e4b597, revision 1,001,204,331 (raised by 1,000,000,000)"),
        (RecoveryPhase.Restore, "place-m1", "etcd-1", "put the new data directory beside the old one; verify it", 40.5, 31.0, "1,812 MB, 42 files, digests equal"),
        (RecoveryPhase.Restore, "place-m2", "etcd-2", "put the new data directory beside the old one; verify it", 40.5, 29.4, "1,812 MB, 42 files, digests equal"),
        (RecoveryPhase.Restore, "place-m3", "etcd-3", "put the new data directory beside the old one; verify it", 40.5, 44.2, "1,812 MB, 42 files, digests equal"),
        (RecoveryPhase.Restore, "exchange-m1", "etcd-1", "park the old data, move the new in", 84.7, 0.2, $"old data parked at /var/lib/etcd.parked-{Id}"),
        (RecoveryPhase.Restore, "exchange-m2", "etcd-2", "park the old data, move the new in", 84.7, 0.2, $"old data parked at /var/lib/etcd.parked-{Id}"),
        (RecoveryPhase.Restore, "exchange-m3", "etcd-3", "park the old data, move the new in", 84.7, 0.3, "there was no old data"),
        (RecoveryPhase.Start, "start-m1", "etcd-1", "start etcd", 85.0, 6.4, "up"),
        (RecoveryPhase.Start, "start-m2", "etcd-2", "start etcd", 85.0, 6.1, "up"),
        (RecoveryPhase.Start, "start-m3", "etcd-3", "start etcd", 85.0, 6.9, "up"),
        (RecoveryPhase.Start, "leader", "all", "wait for a leader", 91.9, 2.4, "a leader is elected, and the quorum answers"),
        (RecoveryPhase.Health, "health", "all", "quorum, members, alarms, HashKV equal", 94.3, 3.0, "3 of 3 members, leader m2, revision 1,001,204,331, HashKV equal on all and to the image"),
        (RecoveryPhase.Switch, "admit-etcd-1-kube-apiserver", "etcd-1", "start kube-apiserver", 97.3, 21.5, "up: /readyz answers 200"),
        (RecoveryPhase.Verify, "check-shop", "local", "the shop takes an order", 118.8, 5.2, "200 in 140 ms"),
        (RecoveryPhase.Verify, "check-pods", "local", "the shop's pods are there", 118.8, 9.4, "12 of at least 10"),
        (RecoveryPhase.Record, "record", "local", "measure against the targets; tell what is left", 128.2, 0.3, null),
    ];

    public static IEnumerable<string> Names => ["healthy", "undone", "failed", "undo-failed", "break-glass", "resumed", "interrupted", "member", "hostile", "many", "empty"];

    public static RecoveryRun Of(string name) => name switch
    {
        "healthy" => Healthy(),
        "undone" => Undone(),
        "failed" => Failed(),
        "undo-failed" => Undone() with { Result = RunResult.UndoFailed, Steps = [.. Undone().Steps.Select(step => step.Id == "stop-m2" ? step with { Outcome = StepOutcome.UndoFailed, Text = "it does not start" } : step)] },
        "break-glass" => Healthy() with { ApprovedBy = [], Request = null, BreakGlass = "both approvers are on the failed site, the shop is down", NotApproved = "restore of prod from prod-20261122T140512Z-7f3a (143 keys lost, 391 reverted, loss 00:10:00); 2 of alice, bob, dave had to approve it" },
        "resumed" => Healthy() with { ResumedBy = ["resumed by eve@bastion-2", "resumed by frank@bastion-3"], IsLocalOnly = true },
        "interrupted" => Interrupted(),
        "member" => Member(),
        "hostile" => HostileRun(),
        "many" => Many(),
        _ => new RecoveryRun { Id = Id, Kind = "drill", Target = "prod", Started = Start, Result = RunResult.Interrupted, Journal = "/runs/journal.jsonl" },
    };

    public static RecoveryRun Healthy() => new()
    {
        Id = Id,
        Kind = "restore",
        Target = "prod",
        Result = RunResult.Healthy,
        Started = Start,
        Finished = Start.AddSeconds(128.6),
        Rto = TimeSpan.FromSeconds(238),
        IsRtoFromOutage = true,
        RtoTarget = TimeSpan.FromMinutes(30),
        Loss = TimeSpan.FromSeconds(41),
        LossTarget = TimeSpan.FromSeconds(30),
        Operator = "carol@bastion-1",
        ApprovedBy = ["alice", "bob"],
        Request = "req-20261122T141000Z-41aa",
        PlanDigest = new string('c', 64),
        Plan = RunFacts.ToJson(Plan()),
        PointOfNoReturn = Start.AddSeconds(97.3),
        Journal = $"/home/carol/.local/state/drpowershell/runs/{Id}/journal.jsonl",
        JournalHead = "9f3c" + new string('a', 60),
        IsSealed = true,
        Repository = "offsite",
        Steps = [.. Script.Select((step, i) => Step(i + 1, step.Phase, step.Id, step.Host, step.Title, step.From, step.Took, step.Text) with { Attempts = step.Id == "place-m3" ? 2 : 1 })],
        Findings =
        [
            new RecoveryFinding(RecoverySeverity.Information, "OldDataParked", "The old data is kept; remove it when it is not needed any more."),
            new RecoveryFinding(RecoverySeverity.Warning, "RpoMissed", "00:00:41 was lost, and 00:00:30 may be."),
        ],
        Facts = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["impact"] = RunFacts.ToJson(Impact()),
            ["loss"] = RunFacts.ToJson(TimeSpan.FromSeconds(41)),
            [RestoreImage.SourceFact] = RunFacts.ToJson(new TakenSource("/tmp/work/source.db", new string('d', 64), 1_204_331, 1_900_000_000, Start.AddMinutes(-10), SkipDigest: false)),
            [RestoreImage.LastFact] = RunFacts.ToJson(new TakenSource("/var/lib/drpowershell/last-m2.db", new string('e', 64), 1_209_870, 1_900_000_000, Start, SkipDigest: false)),
            [RestoreImage.RestoredFact] = JsonSerializer.SerializeToElement(new[] { new { name = "m1", clusterId = "8a3f00c1d2e4b597", revision = 1_001_204_331L, revisionBump = 1_000_000_000L } }),
            [RestoreImage.HashFact] = RunFacts.ToJson(new ExpectedHash(0x00ab12cd, 1_001_204_331, 0, 488_281)),
            ["exchange-m1.had-old"] = RunFacts.ToJson("yes"),
            ["exchange-m2.had-old"] = RunFacts.ToJson("yes"),
            ["exchange-m3.had-old"] = RunFacts.ToJson("no"),
            ["check-shop.result"] = RunFacts.ToJson(Check("the shop takes an order", CheckKind.Http, "200 in 140 ms")),
            ["check-pods.result"] = RunFacts.ToJson(Check("the shop's pods are there", CheckKind.KubernetesCount, "12 of at least 10")),
        },
    };

    private static RecoveryRun Undone()
    {
        var steps = Healthy().Steps.Select(step => step.Phase switch
        {
            > RecoveryPhase.Restore => Pending(step),
            RecoveryPhase.Restore when step.Id == "place-m3" => step with { Outcome = StepOutcome.Undone, Text = "/var on etcd-3 is full.", ErrorId = "HostDiskFull", Attempts = 3 },
            RecoveryPhase.Restore when step.Id.StartsWith("exchange", StringComparison.Ordinal) => Pending(step),
            >= RecoveryPhase.Approve => step with { Outcome = StepOutcome.Undone },
            _ => step,
        });
        return Healthy() with
        {
            Result = RunResult.Undone, Steps = [.. steps], PointOfNoReturn = null, Rto = null, Loss = null, Findings = [], Finished = Start.AddSeconds(110),
            Facts = Healthy().Facts.Where(fact => fact.Key is "impact" or RestoreImage.SourceFact).ToDictionary(),
        };
    }

    private static RecoveryRun Failed()
    {
        var steps = Healthy().Steps.Select(step => step.Id switch
        {
            "check-shop" => step with { Outcome = StepOutcome.TimedOut, ErrorId = "StepTimedOut", Text = "no answer within 5 s" },
            "check-pods" => step with { Outcome = StepOutcome.Cancelled, ErrorId = "Cancelled", Text = "It was stopped." },
            "record" => Pending(step),
            _ => step,
        });
        return Healthy() with { Result = RunResult.Failed, Steps = [.. steps], Rto = null, IsRtoFromOutage = false, IsSealed = false, Loss = null, Facts = Healthy().Facts.Where(fact => !fact.Key.StartsWith("check", StringComparison.Ordinal)).ToDictionary() };
    }

    private static RecoveryRun Interrupted()
    {
        var steps = Healthy().Steps.Select(step => step.Phase > RecoveryPhase.Restore ? Pending(step) : step.Id == "exchange-m2" ? step with { Outcome = StepOutcome.Begun, Duration = null, Text = null } : step);
        return Healthy() with { Result = RunResult.Interrupted, Finished = null, Rto = null, Loss = null, PointOfNoReturn = null, IsSealed = false, Steps = [.. steps], Repository = null };
    }

    private static RecoveryRun Member() => Healthy() with
    {
        Plan = RunFacts.ToJson(Plan() with { ReplacedMember = "m1", Source = null }),
        Steps = [Step(1, RecoveryPhase.Assess, "reach-m1", "etcd-1", "reach the host", 0, 0.5, null), Step(2, RecoveryPhase.Restore, "park-m1", "etcd-1", "park the old data", 0.5, 0.1, null)],
        Facts = new Dictionary<string, JsonElement>(StringComparer.Ordinal),
        Loss = null,
    };

    private static RecoveryRun HostileRun() => Healthy() with
    {
        Target = Hostile,
        Operator = Hostile,
        BreakGlass = Hostile,
        NotApproved = Hostile,
        ResumedBy = [Hostile],
        Findings = [new RecoveryFinding(RecoverySeverity.Error, "Odd", Hostile)],
        Journal = "/tmp/" + Hostile,
        Repository = Hostile,
        Facts = Healthy().Facts.Concat([new("check-x.result", RunFacts.ToJson(Check(Hostile, CheckKind.Script, Hostile)))]).Where(fact => fact.Key != "impact")
            .Append(new("impact", RunFacts.ToJson(Impact() with
            {
                ByKind = [new KindImpact(Hostile, "", Hostile, 1, 1, 1)], ByPrefix = [new PrefixImpact(Hostile, 1, 2, 3)], Objects = [new ObjectImpact("Pod", "", Hostile, Hostile, RestoreChange.Lost)],
            }))).ToDictionary(),
        Steps = [.. Healthy().Steps.Select(step => step with { Step = step.Number == 3 ? Hostile : step.Step, Host = step.Number == 4 ? Hostile : step.Host, Text = Hostile, ErrorId = step.Number == 3 ? "Odd" : null, Outcome = step.Number == 3 ? StepOutcome.Failed : step.Outcome })],
        Result = RunResult.Failed,
    };

    private static RecoveryRun Many() => Healthy() with
    {
        Steps = [.. Enumerable.Range(1, 300).Select(i => Step(i, (RecoveryPhase)(i / 24), $"step-{i}", $"host-{i % 60:00}.a-rather-long-name.region-{i % 3}.example.net", $"step number {i} of very many, with a title that goes over more than one line of its cell", i * 0.7, 3, $"done {i}"))],
        Finished = Start.AddSeconds(220),
        PointOfNoReturn = Start.AddSeconds(168),
    };

    private static RecoveryStepResult Step(int number, RecoveryPhase phase, string id, string host, string title, double from, double took, string? text) => new()
    {
        Run = Id, Number = number, Id = id, Phase = phase, Host = host, Step = title, Outcome = StepOutcome.Succeeded, Started = Start.AddSeconds(from), Duration = TimeSpan.FromSeconds(took), Attempts = 1, Text = text,
    };

    private static RecoveryStepResult Pending(RecoveryStepResult step) => step with { Outcome = StepOutcome.Pending, Started = null, Duration = null, Attempts = 0, Text = null, ErrorId = null };

    private static CheckResult Check(string name, CheckKind kind, string text) =>
        new() { Name = name, Kind = kind, Passed = true, Attempts = 1, Duration = TimeSpan.FromSeconds(5.2), Latency = TimeSpan.FromMilliseconds(140), Text = text };

    private static RestorePlan Plan() => new()
    {
        Cluster = "prod",
        Members = [.. Enumerable.Range(1, 3).Select(i => new RestoreMember
        {
            Name = $"m{i}", Host = $"etcd-{i}", DataDirectory = "/var/lib/etcd", PeerUrls = [new Uri($"https://10.0.0.{i}:2380")], ClientUrls = [new Uri($"https://10.0.0.{i}:2379")],
            Service = new ServiceOptions { Name = "etcd", Kind = ServiceKind.Systemd, Host = $"etcd-{i}" }, Attributes = new HostFileAttributes("etcd", "etcd", null, null), HasData = true,
        })],
        Source = new RestoreSource { Kind = RestoreSourceKind.Backup, Repository = "offsite", Name = "prod-20261122T140512Z-7f3a", Revision = 1_204_331, Size = 1_900_000_000 },
        AcceptedLoss = TimeSpan.FromMinutes(5),
        MeasuredLoss = TimeSpan.FromSeconds(41),
        OutageStart = Start.AddSeconds(-110),
    };

    private static RestoreImpact Impact() => new()
    {
        Cluster = "prod",
        Snapshot = "prod-20261122T140512Z-7f3a",
        SnapshotTime = Start.AddMinutes(-10),
        SnapshotRevision = 1_204_331,
        LiveRevision = 1_209_870,
        RecommendedBump = 1_000_000_000,
        KeysLost = 143,
        KeysBack = 12,
        KeysReverted = 391,
        KeysUnchanged = 487_735,
        LeasesExpiring = 9,
        LossAtMost = TimeSpan.FromMinutes(10),
        MeasuredLoss = TimeSpan.FromSeconds(41),
        LastWrite = Start.AddMinutes(-10).AddSeconds(41),
        LastWriteFrom = LastWriteEvidence.Object,
        Basis = ImpactBasis.LiveCluster,
        Members = ["m1", "m2", "m3"],
        ByPrefix = [new PrefixImpact("/registry/pods/", 88, 2, 210), new PrefixImpact("(other)", 55, 10, 181)],
        ByKind = [new KindImpact("Pod", "", "shop", 88, 2, 210), new KindImpact("Secret", "", "shop", 3, 0, 1), new KindImpact("ClusterRole", "rbac.authorization.k8s.io", null, 0, 1, 0)],
        Objects = [new ObjectImpact("Secret", "", "shop", "payment-token", RestoreChange.Lost), new ObjectImpact("Pod", "", "shop", "cart-7d9c", RestoreChange.Back)],
        Findings = [new ImpactFinding(DrPowerShell.Etcd.Snapshots.FindingSeverity.Information, "LeasesNotRead", "The leases of one side could not be read.")],
    };
}
