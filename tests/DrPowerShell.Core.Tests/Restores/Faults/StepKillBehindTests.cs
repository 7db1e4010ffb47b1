namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Killed when the work of each step is done, and nothing says so yet.</summary>
public sealed class StepKillBehindTests() : StepKillLoop(undo: 1, "behind");
