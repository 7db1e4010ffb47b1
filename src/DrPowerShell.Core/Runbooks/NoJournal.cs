using System.Text.Json;
using DrPowerShell.Core.Journal;

namespace DrPowerShell.Core.Runbooks;

/// <summary>Stands for the journal while nothing may be written yet.</summary>
internal sealed class NoJournal(string run) : IRunJournal
{
    public string Run => run;

    public Task AppendAsync(JournalRecordKind kind, string? step, string? text, JsonElement? data, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
