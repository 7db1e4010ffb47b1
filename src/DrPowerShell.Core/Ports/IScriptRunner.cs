namespace DrPowerShell.Core.Ports;

/// <summary>Runs the user's own PowerShell scripts, one at a time, on the pipeline thread. Thread safe: callers wait for their turn.</summary>
public interface IScriptRunner
{
    /// <summary>Runs a script to its end, or until the token is cancelled: then it is stopped.</summary>
    /// <returns>What came of it; an error in the script is an answer and no exception.</returns>
    Task<ScriptResult> RunAsync(ScriptInvocation script, CancellationToken cancellationToken);
}

/// <summary>A script with its parameters.</summary>
/// <param name="Path">The file.</param>
/// <param name="Parameters">Its parameters by name, as texts; PowerShell turns them into what the script declares.</param>
public sealed record ScriptInvocation(string Path, IReadOnlyDictionary<string, string> Parameters);

/// <summary>What came of a script.</summary>
/// <param name="Succeeded">It ended, and wrote no error.</param>
/// <param name="Output">What it wrote, as text, one object a line.</param>
/// <param name="Error">Its first error in one line; null for none.</param>
public sealed record ScriptResult(bool Succeeded, IReadOnlyList<string> Output, string? Error);
