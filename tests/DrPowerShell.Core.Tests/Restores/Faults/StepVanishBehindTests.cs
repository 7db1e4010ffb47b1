namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>A machine does the work of each step, and vanishes before it answers.</summary>
public sealed class StepVanishBehindTests() : StepVanishLoop(behind: true);
