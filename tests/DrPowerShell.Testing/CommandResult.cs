namespace DrPowerShell.Testing;

/// <summary>What a finished command printed, and its exit code.</summary>
public sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>Throws with everything the command said unless it exited with 0.</summary>
    public CommandResult ThrowIfFailed() => ExitCode == 0
        ? this
        : throw new InvalidOperationException($"{Command}\nexited with {ExitCode}.\n{Error}\n{Output}");
}
