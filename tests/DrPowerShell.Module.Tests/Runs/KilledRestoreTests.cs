using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Runtime.Versioning;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Runs;

/// <summary>A shell that is killed with SIGKILL in the middle of a restore of three real members, and what another one then does.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KilledRestoreTests : IAsyncLifetime
{
    private readonly ServiceCluster _cluster = new(EtcdBinaries.V35);
    private readonly ModuleSession _session = new();

    private static string Me => $"{Environment.UserName}@{Environment.MachineName}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_cluster["store"]);
        _cluster.MoreEstate = $"repositories:\n  offsite: {{ uri: 'file://{_cluster["store"]}' }}\nnotifiers:\n  own: {{ type: command, program: {_cluster["told.sh"]}, timeout: 30s }}\n";
        _cluster.More = "repository: offsite\nnotify: [own]\n";
        await File.WriteAllTextAsync(_cluster["told.sh"], $"#!/bin/sh\nhead -n 1 >> '{_cluster["told"]}'\n", Token);
        File.SetUnixFileMode(_cluster["told.sh"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var member in _cluster.Plan.Members)
        {
            // A start that hangs as long as the test says so.
            var start = _cluster[member.Name, "start.sh"];
            var held = _cluster[member.Name, "held"];
            await File.WriteAllTextAsync(start, $"if [ -e '{held}.please' ]; then rm '{held}.please'; echo $$ > '{held}.part'; mv '{held}.part' '{held}'; exec sleep 600; fi\n{await File.ReadAllTextAsync(start, Token)}", Token);
        }

        await _cluster.StartAsync();
        (await _cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        (await _cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(_cluster.Plan.Members[0].ClientUrl), "snapshot", "save", _cluster["s.db"])).ThrowIfFailed();
        (await _cluster.EtcdctlAsync("put", "/a", "two")).ThrowIfFailed();
        Run("""
            $ExecutionContext.SessionState.Path.SetLocation($here)
            $PSDefaultParameterValues = @{ '*-RecoveryRun:JournalDirectory' = "$here/runs"; '*-RecoveryJournal:JournalDirectory' = "$here/runs"; 'Get-RecoveryRun:Estate' = $estate; 'Test-RecoveryJournal:Estate' = $estate }
            """, ("here", _cluster.Folder), ("estate", _cluster.WriteEstate())).Succeed();
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task It_is_gone_on_with_to_its_end()
    {
        var id = await RunAndKillAsync("m2");
        Assert.Equal("Interrupted False", Run("Get-RecoveryRun $id | ForEach-Object { \"$($_.Result) $($_.IsSealed)\" }", ("id", id)).One);
        Assert.Equal("Open", Run("Test-RecoveryJournal $id", ("id", id)).One.Status.ToString());
        var before = await File.ReadAllTextAsync(Journal(id), Token);
        Assert.Empty(Run("Get-RecoveryRun $id | Resume-RecoveryRun -WhatIf", ("id", id)).Succeed().Output);
        Assert.Equal(before, await File.ReadAllTextAsync(Journal(id), Token));

        var output = Run("Get-RecoveryRun -Cluster prod -Result Interrupted | Resume-RecoveryRun -PassThru -Confirm:$false").Succeed().Output;

        Assert.Equal("DrPowerShell.Core.Runbooks.RecoveryStepResult", output[0].BaseObject.GetType().FullName);
        Assert.Equal("Healthy", output[^1].Properties["Result"].Value.ToString());
        Assert.Equal("reach-m1", Run("(Get-RecoveryRun $id).Steps[0].Id", ("id", id)).One);
        Assert.Equal([$"Restore of prod begun by {Me}", $"Restore of prod is gone on with by {Me}", "Restore of prod: healthy"], await File.ReadAllLinesAsync(_cluster["told"], Token));
        Assert.Contains("one", (await _cluster.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.Equal("Sealed", Run("Test-RecoveryJournal $id -Repository offsite -FailOn Warning", ("id", id)).One.Status.ToString());
        Assert.DoesNotContain(Directory.EnumerateFiles(_cluster.Folder, "*lock*", SearchOption.AllDirectories), path => path.Contains("drpowershell", StringComparison.Ordinal));
        Run("Resume-RecoveryRun $id -Confirm:$false", ("id", id)).FailsWith("RunNotResumable", "ResumeRecoveryRunCommand", ErrorCategory.InvalidOperation);
        Run("Undo-RecoveryRun $id -Confirm:$false", ("id", id)).FailsWith("RunNotResumable", "UndoRecoveryRunCommand", ErrorCategory.InvalidOperation);
    }

    [Fact]
    public async Task It_is_taken_back_on_another_machine_and_who_has_the_lock_is_told()
    {
        var id = await RunAndKillAsync("m1");
        var locked = Directory.EnumerateFiles(_cluster["m3"], ".*drpowershell-lock").Single();
        var mine = await File.ReadAllTextAsync(locked, Token);
        await File.WriteAllTextAsync(locked, mine.Replace($"{Environment.UserName}@", "ann@", StringComparison.Ordinal), Token);
        const string Undo = "Undo-RecoveryRun $id -Repository offsite -Estate ./estate.yaml -JournalDirectory ./elsewhere -Confirm:$false";
        var refused = Run(Undo, ("id", id)).FailsWith("HostLockedElsewhere", "UndoRecoveryRunCommand", ErrorCategory.ResourceBusy);
        Assert.Contains("ann@", refused.Exception.Message, StringComparison.Ordinal);

        var run = Run(Undo + " -BreakLock $id", ("id", id)).One;

        Assert.Equal("Undone True", $"{run.Result} {run.IsSealed}");
        Assert.Equal([$"Restore of prod begun by {Me}", $"Restore of prod is being taken back by {Me}", "Restore of prod: undone, everything is back as it was"], await File.ReadAllLinesAsync(_cluster["told"], Token));
        Assert.Contains("two", (await _cluster.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.All(_cluster.Plan.Members, member => Assert.Equal(["data", "run"], Directory.GetDirectories(_cluster[member.Name]).Select(Path.GetFileName).Order(StringComparer.Ordinal)));

        // The machine where it began sees that it has ended.
        Assert.Equal("Undone", Run("Get-RecoveryRun $id -Repository offsite", ("id", id)).One.Result.ToString());
        Run("Resume-RecoveryRun $id -Confirm:$false", ("id", id)).FailsWith("RunNotResumable", "ResumeRecoveryRunCommand", ErrorCategory.InvalidOperation);
    }

    /// <summary>Restores in a shell of its own, and kills it when it starts a member.</summary>
    private async Task<string> RunAndKillAsync(string member)
    {
        var held = _cluster[member, "held"];
        await File.WriteAllTextAsync(held + ".please", "", Token);
        using var shell = Process.Start(new ProcessStartInfo(RepositoryPaths.Drps)
        {
            ArgumentList = { "-Command", $"Restore-EtcdCluster prod -Snapshot (Get-EtcdSnapshot '{_cluster["s.db"]}') -AcceptDataLoss 30d -Estate '{_cluster["estate.yaml"]}' -JournalDirectory '{_cluster["runs"]}' -Confirm:$false" },
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var errors = shell.StandardError.ReadToEndAsync(Token);
        await Eventually.IsTrueAsync(() => File.Exists(held) || shell.HasExited, "the restore starts a member", TimeSpan.FromMinutes(3), Token);
        if (shell.HasExited)
        {
            Assert.Fail(await errors);
        }

        shell.Kill();
        await shell.WaitForExitAsync(Token);

        // What hung on the machine ends with it.
        using (var hanging = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(held, Token), CultureInfo.InvariantCulture)))
        {
            hanging.Kill();
        }

        return Path.GetFileName(Assert.Single(Directory.GetDirectories(_cluster["runs"])));
    }

    private string Journal(string run) => _cluster["runs", run, "journal.jsonl"];

    private SessionResult Run(string script, params (string Name, object? Value)[] variables) => _session.Run(script, variables);
}
