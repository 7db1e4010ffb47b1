namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Killed before the work of each step.</summary>
public sealed class StepKillTests() : StepKillLoop(undo: 0, "before");
