using System.Text.Json;

namespace DrPowerShell.Core.Journal;

/// <summary>The writing end of a run's journal. Thread safe; records have one order, the same in the file and in the repository.</summary>
public interface IRunJournal
{
    /// <summary>The run's id.</summary>
    string Run { get; }

    /// <summary>Appends a record: it is durable on this machine when this returns, redacted, and on its way to the repository.</summary>
    Task AppendAsync(JournalRecordKind kind, string? step, string? text, JsonElement? data, CancellationToken cancellationToken);

    /// <summary>Waits until the repository holds everything as well, or is found not to answer (the run is then LocalOnly).</summary>
    Task FlushAsync(CancellationToken cancellationToken);
}
