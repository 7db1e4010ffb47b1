using System.Management.Automation;
using System.Runtime.Versioning;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Runs;

/// <summary>Runs that were refused, and what is told of them: shown, chosen, tested, completed, and none of the secrets in them.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RecoveryJournalCommandTests : IAsyncLifetime
{
    private const string Get = "GetRecoveryRunCommand";
    private const string TestJournal = "TestRecoveryJournalCommand";
    private const string Secret = "correct-horse-battery";

    private readonly ServiceCluster _cluster = new(EtcdBinaries.V35);
    private readonly ModuleSession _session = new();
    private string[] _runs = [];

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_cluster["store"]);
        File.WriteAllText(_cluster["secret"], Secret);
        _cluster.More = $"user: root\npassword: file:{_cluster["secret"]}\n";
        _cluster.MoreEstate = $"repositories:\n  offsite: {{ uri: 'file://{_cluster["store"]}' }}\n";
        File.WriteAllText(_cluster["m2", "status.sh"], "exit 0\n");
        File.WriteAllText(_cluster["m2", "stop.sh"], $"echo 'access denied for root:{Secret}' >&2\nexit 77\n");
        var estate = _cluster.WriteEstate();
        Run("""
            $ExecutionContext.SessionState.Path.SetLocation($here)
            $PSDefaultParameterValues = @{ '*-Recovery*:JournalDirectory' = "$here/runs"; 'Restore-EtcdCluster:JournalDirectory' = "$here/runs"; '*-*:Estate' = $estate; 'Restore-EtcdCluster:Confirm' = $false }
            """, ("here", _cluster.Folder), ("estate", estate)).Succeed();
        for (var i = 0; i < 2; i++)
        {
            // One service cannot be stopped, and says why with a password in it: everything is taken back.
            var refused = Run("Restore-EtcdCluster prod -Snapshot (Get-EtcdSnapshot $s) -Repository offsite -Verbose -PassThru", ("s", RepositoryPaths.Fixture("golden.db")));
            refused.FailsWith("RunUndone", "RestoreEtcdClusterCommand", ErrorCategory.InvalidOperation);
            Assert.DoesNotContain(Secret, string.Join('\n', [refused.Terminating!.ToString(), .. refused.Verbose, .. refused.Warnings, .. refused.Output.Select(item => item.ToString())]), StringComparison.Ordinal);
        }

        _runs = [.. Run("Get-RecoveryRun").All("Id").Cast<string>()];
        Assert.Equal(2, _runs.Length);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public void Runs_are_shown_newest_first_and_chosen_by_what_became_of_them()
    {
        Assert.Equal(_runs.OrderDescending(StringComparer.Ordinal), _runs);
        Assert.Equal("restore prod Undone True", Run("Get-RecoveryRun -Last 1 | ForEach-Object { \"$($_.Kind) $($_.Target) $($_.Result) $($_.IsSealed)\" }").One);
        Assert.Equal(2, Run("Get-RecoveryRun restore-* -Cluster PROD -Result Undone, Healthy").Output.Count);
        Assert.Empty(Run("Get-RecoveryRun -Cluster other; Get-RecoveryRun -Result Healthy; Get-RecoveryRun drill-*").Succeed().Output);
        Assert.Equal(_runs[1], Run("Get-RecoveryRun $id | Get-RecoveryRun", ("id", _runs[1])).One.Id);
        Run("Get-RecoveryRun restore-20200101T000000Z-0000").Reports("RunNotFound", Get, ErrorCategory.ObjectNotFound);
        Assert.Equal(_runs, Run("(TabExpansion2 $l $l.Length).CompletionMatches.CompletionText", ("l", $"Resume-RecoveryRun -JournalDirectory '{_cluster["runs"]}' -Id ")).Output.Select(text => text.ToString()));
    }

    [Fact]
    public void A_broken_journal_is_an_error_that_names_it_and_the_others_are_shown()
    {
        Edit(Journal(_runs[0]), text => text.Replace("\"prod\"", "\"prof\"", StringComparison.Ordinal));

        var result = Run("Get-RecoveryRun");

        result.Reports("JournalBroken", Get, ErrorCategory.SecurityError);
        Assert.Equal(_runs[0], result.Errors[0].TargetObject.ToString());
        Assert.Equal(_runs[1], Assert.Single(result.Output).Properties["Id"].Value);
        Run("Resume-RecoveryRun $id -Confirm:$false", ("id", _runs[0])).FailsWith("JournalBroken", "ResumeRecoveryRunCommand", ErrorCategory.SecurityError);
        var tested = Run("Test-RecoveryJournal");
        Assert.Equal("Broken Sealed", string.Join(' ', tested.All("Status")));
        var failed = Run("Test-RecoveryJournal -FailOn Error");
        failed.FailsWith("JournalTestFailed", TestJournal, ErrorCategory.InvalidData);
        Assert.Equal(2, failed.Output.Count);
    }

    [Fact]
    public void A_journal_is_sealed_open_or_broken_and_its_copy_shows_what_was_cut_off()
    {
        Assert.Equal("Sealed Sealed", string.Join(' ', Run("Get-RecoveryRun | Test-RecoveryJournal -Repository offsite -FailOn Warning").All("Status")));
        Assert.Equal("Sealed", Run("Test-RecoveryJournal $id", ("id", _runs[0])).One.Status.ToString());

        Edit(Journal(_runs[0]), text => string.Join('\n', text.TrimEnd().Split('\n')[..^1]) + '\n');

        Assert.Equal("Open", Run("Test-RecoveryJournal -Path ./runs/*/journal.jsonl | Where-Object Run -eq $id", ("id", _runs[0])).One.Status.ToString());
        Run("Test-RecoveryJournal $id -FailOn Warning", ("id", _runs[0])).FailsWith("JournalTestFailed", TestJournal, ErrorCategory.InvalidData);
        Assert.Equal("Broken CutOff", Run("Test-RecoveryJournal $id -Repository offsite | ForEach-Object { \"$($_.Status) $($_.Findings[0].Code)\" }", ("id", _runs[0])).One);
        var untested = Run("Test-RecoveryJournal $id, restore-1 -FailOn Error", ("id", _runs[1]));
        untested.FailsWith("JournalTestFailed", TestJournal, ErrorCategory.InvalidData);
        Assert.Equal("RunNotFound", Assert.Single(untested.Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Single(untested.Output);
        Directory.Move(_cluster["store"], _cluster["store.away"]);
        Run("Test-RecoveryJournal $id -Repository offsite -FailOn Error", ("id", _runs[1])).FailsWith("JournalTestFailed", TestJournal, ErrorCategory.InvalidData);
        Run("Test-RecoveryJournal restore-1").Reports("RunNotFound", TestJournal, ErrorCategory.ObjectNotFound);
        Run("Test-RecoveryJournal -LiteralPath ./none.jsonl").FailsWith("PathNotFound", TestJournal, ErrorCategory.ObjectNotFound);

        // Whoever is trusted has not signed it.
        using var key = System.Security.Cryptography.ECDsa.Create();
        File.WriteAllText(_cluster["auditor.pub"], key.ExportSubjectPublicKeyInfoPem());
        File.AppendAllText(_cluster["estate.yaml"], "trust: [auditor.pub]\n");
        Assert.Equal("Open NotTrusted", Run("Test-RecoveryJournal $id | ForEach-Object { \"$($_.Status) $($_.Findings[0].Code)\" }", ("id", _runs[1])).One);
    }

    [Fact]
    public void Runs_that_the_repository_alone_holds_are_shown_and_tested_too()
    {
        Directory.Delete(_cluster["runs", _runs[1]], recursive: true);

        Assert.Equal(_runs, Run("Get-RecoveryRun -Repository offsite").All("Id"));
        var far = Run("Get-RecoveryRun $id -Repository offsite", ("id", _runs[1])).One;
        Assert.Equal($"Undone offsite .runs/{_runs[1]}", $"{far.Result} {far.Repository} {far.Journal}");
        Assert.Equal("Sealed", Run("Get-RecoveryRun $id -Repository offsite | Test-RecoveryJournal -Repository offsite", ("id", _runs[1])).One.Status.ToString());
        Run("Undo-RecoveryRun $id -Repository offsite -Confirm:$false", ("id", _runs[1])).FailsWith("RunNotResumable", "UndoRecoveryRunCommand", ErrorCategory.InvalidOperation);
        Run("Resume-RecoveryRun $id -Confirm:$false", ("id", _runs[1])).FailsWith("RunNotFound", "ResumeRecoveryRunCommand", ErrorCategory.ObjectNotFound);
        Assert.False(Directory.Exists(_cluster["runs", _runs[1]]));
    }

    [Fact]
    public void A_run_that_is_piped_in_says_itself_where_it_lies()
    {
        Run("$run = Get-RecoveryRun $id; $PSDefaultParameterValues = @{ '*-*:Estate' = $estate }", ("id", _runs[1])).Succeed();

        Run("$run | Undo-RecoveryRun -Confirm:$false").Reports("RunNotResumable", "UndoRecoveryRunCommand", ErrorCategory.InvalidOperation);

        Directory.Delete(_cluster["runs", _runs[1]], recursive: true);
        Run("Get-RecoveryRun $id -Repository offsite | Undo-RecoveryRun -Confirm:$false", ("id", _runs[1])).Reports("RunNotResumable", "UndoRecoveryRunCommand", ErrorCategory.InvalidOperation);
    }

    [Fact]
    public async Task A_relative_folder_of_state_is_taken_from_the_sessions_location()
    {
        using var shell = new RestoreShell($"$null = $ExecutionContext.SessionState.Path.SetLocation('{_cluster["m1"]}'); (Get-RecoveryRun).Id", state: "..");

        Assert.Equal(_runs, (await shell.WaitAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Secrets_that_the_estate_refers_to_are_in_no_file_of_a_run()
    {
        foreach (var file in Directory.EnumerateFiles(_cluster["runs"], "*", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(_cluster["store", ".runs"], "*", SearchOption.AllDirectories)))
        {
            Assert.DoesNotContain(Secret, File.ReadAllText(file), StringComparison.Ordinal);
        }

        Assert.Contains("***", File.ReadAllText(Journal(_runs[0])), StringComparison.Ordinal);
    }

    private string Journal(string run) => _cluster["runs", run, "journal.jsonl"];

    private static void Edit(string path, Func<string, string> edit) => File.WriteAllText(path, edit(File.ReadAllText(path)));

    private SessionResult Run(string script, params (string Name, object? Value)[] variables) => _session.Run(script, variables);
}
