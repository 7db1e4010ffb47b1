#if NET10_0_OR_GREATER // What is tested is the page and not the runtime that wrote it: once is enough.
using System.Text;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Reports;
using DrPowerShell.Core.Reports.Writers;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Tests.Restores;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Reports;

/// <summary>HTML reports in a real browser: nothing in the console, nothing from the outside, and on paper nothing cut off.</summary>
public sealed class ReportInBrowserTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    // Each element that is wider than the paper, or than what it lies in.
    private const string Wide = """
        [...document.querySelectorAll('body, body *:not(.unseen)')].filter(e => {
          const box = e.getBoundingClientRect();
          return box.right > document.documentElement.clientWidth + 1 || box.left < -1 || (e.clientWidth > 0 && !(e instanceof SVGElement) && e.scrollWidth > e.clientWidth + 1);
        }).map(e => e.outerHTML.substring(0, 200)).concat(document.documentElement.scrollWidth > document.documentElement.clientWidth ? ['the whole page'] : [])
        """;

    private readonly TempFolder _temp = new("pages");

    public static TheoryData<string, string> Pages
    {
        get
        {
            // One of each kind of page: the others differ in words alone.
            var pages = new TheoryData<string, string> { { "healthy", "zh-CN" } };
            foreach (var name in new[] { "healthy", "undone", "break-glass", "interrupted", "hostile", "many" })
            {
                pages.Add(name, "en-US");
            }

            return pages;
        }
    }

    public void Dispose() => _temp.Dispose();

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_report_opens_silently_and_prints_whole(string name, string culture)
    {
        var run = SampleRuns.Of(name);
        ReportFile.Write(_temp["report.html"], ReportFile.Bytes(ReportMaker.Make(run), ReportWriters.Of(ReportFormat.Html), ReportCulture.Get(culture)), replace: false);

        await CheckAsync(_temp["report.html"], run);
    }

    [Fact]
    public async Task The_report_that_a_real_restore_left_opens_silently_and_prints_whole()
    {
        await using var rig = new RestoreRig(new ServiceCluster(EtcdBinaries.V35));
        var cluster = rig.Cluster;
        await cluster.StartAsync();
        (await cluster.EtcdctlAsync("put", "/shop/a", "one")).ThrowIfFailed();
        (await cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(cluster.Plan.Members[0].ClientUrl), "snapshot", "save", cluster["s.db"])).ThrowIfFailed();
        (await cluster.EtcdctlAsync("put", "/shop/b", "lost")).ThrowIfFailed();
        await cluster.KillAsync("m2", "m3");
        Directory.Delete(cluster.Data("m3"), recursive: true);

        var run = await rig.RestoreAsync(new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(cluster["s.db"]), AcceptDataLoss = TimeSpan.FromHours(1) });

        Assert.Equal(RunResult.Healthy, run.Result);
        var report = ReportMaker.Make(RunSession.Read(rig.Runs, run.Id));
        Assert.All(report.Steps, step => Assert.Equal(StepOutcome.Succeeded, step.Outcome));
        Assert.NotNull(report.Source!.ClusterId);
        Assert.NotNull(report.Source.HashKv);
        Assert.NotNull(report.Rto.Measured);
        Assert.False(report.Rto.IsFromOutage);
        Assert.NotNull(report.Impact!.KeysLost);
        Assert.Equal(["m1", "m2"], report.Kept.Where(kept => kept.Kind == ReportKeptKind.OldData).Select(kept => Path.GetFileName(Path.GetDirectoryName(kept.Path))));
        Assert.All(report.Kept, kept => Assert.True(Path.Exists(kept.Path), kept.Path));
        Assert.Equal(report.Journal.Head, Core.Journal.JournalReader.Check(await File.ReadAllBytesAsync(run.Journal, TestContext.Current.CancellationToken), Core.Repositories.Manifests.ManifestTrust.None, null).Head);
        await CheckAsync(run.Report!, run);
    }

    private async Task CheckAsync(string path, RecoveryRun run)
    {
        var page = await browser.OpenAsync(path, Wide);

        Assert.Empty(page.Told);
        Assert.Equal([new Uri(path).AbsoluteUri], page.Requests);
        Assert.Empty(page.Measured.EnumerateArray().Select(wide => wide.GetString()));
        await File.WriteAllBytesAsync(_temp["report.pdf"], page.Pdf, TestContext.Current.CancellationToken);
        var printed = Bare((await Command.RunAsync("pdftotext", ["-raw", "-enc", "UTF-8", _temp["report.pdf"], "-"], cancellationToken: TestContext.Current.CancellationToken)).ThrowIfFailed().Output);
        Assert.Contains(Bare(run.Id), printed, StringComparison.Ordinal);
        Assert.Contains(Bare(run.JournalHead), printed, StringComparison.Ordinal);
        Assert.All(run.Steps, step => Assert.Contains(Bare(step.Step is SampleRuns.Hostile ? "<script>alert('x')</script>" : step.Step), printed, StringComparison.Ordinal));
        Assert.All(run.Findings.Where(finding => finding.Text is not SampleRuns.Hostile), finding => Assert.Contains(Bare(finding.Text), printed, StringComparison.Ordinal));
    }

    // Lines break where the paper ends, and two letters may be one glyph.
    private static string Bare(string text) => string.Concat(text.Normalize(NormalizationForm.FormKC).Where(c => !char.IsWhiteSpace(c) && c != '\f'));
}
#endif
