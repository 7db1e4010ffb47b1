namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>A machine vanishes before the work of each step.</summary>
public sealed class StepVanishTests() : StepVanishLoop(behind: false);
