using System.Text.Json;
using DrPowerShell.Core.Reports;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Runbooks;
using Xunit;

namespace DrPowerShell.Core.Tests.Reports;

/// <summary>What a report says of a run.</summary>
public sealed class ReportMakerTests
{
    [Fact]
    public void A_healthy_run_is_told_with_source_impact_targets_and_what_is_kept()
    {
        var report = ReportMaker.Make(SampleRuns.Healthy());

        Assert.Equal((RestoreSourceKind.Backup, "offsite", 1_204_331L, "8a3f00c1d2e4b597", 1_000_000_000L, "00ab12cd"),
            (report.Source!.Kind, report.Source.Repository, report.Source.Revision, report.Source.ClusterId, report.Source.RevisionBump, report.Source.HashKv));
        Assert.Equal(new string('d', 64), report.Source.Sha256);
        Assert.Equal((143L, 12L, 391L), (report.Impact!.KeysLost, report.Impact.KeysBack, report.Impact.KeysReverted));
        Assert.Equal((true, true, new DateTimeOffset(2026, 11, 22, 14, 13, 40, TimeSpan.Zero)), (report.Rto.IsMet, report.Rto.IsFromOutage, report.Rto.CountedFrom));
        Assert.Equal((false, TimeSpan.FromSeconds(41), TimeSpan.FromMinutes(10), LastWriteEvidence.Object), (report.Loss.IsMet, report.Loss.Measured, report.Loss.AtMost, report.Loss.LastWriteFrom));
        Assert.Equal(
            [("etcd-1", $"/var/lib/etcd.parked-{SampleRuns.Id}"), ("etcd-2", $"/var/lib/etcd.parked-{SampleRuns.Id}"), ("local", "/var/lib/drpowershell/last-m2.db")],
            report.Kept.Select(kept => (kept.Host, kept.Path)));
        Assert.All(report.Kept, kept => Assert.True(kept.IsCertain));
        Assert.Equal([("the shop's pods are there", "KubernetesCount"), ("the shop takes an order", "Http")], report.Checks.Select(check => (check.Name, check.Kind)));
        Assert.Null(report.Failure);
    }

    [Fact]
    public void An_undone_run_lost_nothing_keeps_nothing_and_says_what_it_failed_of()
    {
        var report = ReportMaker.Make(SampleRuns.Of("undone"));

        Assert.Equal(("place-m3", "HostDiskFull", "/var on etcd-3 is full."), (report.Failure!.Step, report.Failure.ErrorId, report.Failure.Text));
        Assert.Null(report.Loss.Measured);
        Assert.Null(report.Loss.IsMet);
        Assert.Null(report.Rto.Measured);
        Assert.Empty(report.Kept);
    }

    [Fact]
    public void A_run_that_failed_after_clients_were_let_in_tells_the_loss_of_its_plan_and_not_the_step_that_was_only_stopped()
    {
        var report = ReportMaker.Make(SampleRuns.Of("failed"));

        Assert.Equal("check-shop", report.Failure!.Step);
        Assert.Equal(TimeSpan.FromSeconds(41), report.Loss.Measured);
        Assert.Equal([(bool?)false, null], report.Checks.Select(check => check.Passed));
        Assert.Equal((false, report.Started), (report.Rto.IsFromOutage, report.Rto.CountedFrom));
    }

    [Fact]
    public void Old_data_of_a_step_that_did_not_end_may_be_parked()
    {
        var kept = ReportMaker.Make(SampleRuns.Of("interrupted")).Kept;

        Assert.Equal([("etcd-1", true), ("etcd-2", false)], kept.Where(one => one.Kind == ReportKeptKind.OldData).Select(one => (one.Host, one.IsCertain)));
    }

    [Fact]
    public void What_a_journal_holds_in_another_form_is_left_out()
    {
        var odd = JsonSerializer.SerializeToElement(new { keysLost = "many", members = 5 });
        var run = SampleRuns.Healthy() with { Plan = JsonSerializer.SerializeToElement(new[] { 1 }), Facts = SampleRuns.Healthy().Facts.ToDictionary(fact => fact.Key, _ => odd) };

        var report = ReportMaker.Make(run);

        Assert.Null(report.Impact);
        Assert.Null(report.Source);
        Assert.Empty(report.Kept);
        Assert.Equal(2, report.Checks.Count);
    }

    [Fact]
    public void Restored_facts_of_any_form_do_no_harm()
    {
        foreach (var json in new[] { "[]", "[1]", "[{}]", "{}", "null", "[{\"clusterId\":5,\"revisionBump\":\"x\"}]" })
        {
            var facts = SampleRuns.Healthy().Facts.ToDictionary();
            facts["restored"] = JsonDocument.Parse(json).RootElement;

            Assert.Null(ReportMaker.Make(SampleRuns.Healthy() with { Facts = facts }).Source!.ClusterId);
        }
    }
}
