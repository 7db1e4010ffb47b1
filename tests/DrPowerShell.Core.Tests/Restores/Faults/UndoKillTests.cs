namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Killed before the undo of each step.</summary>
public sealed class UndoKillTests() : UndoKillLoop("before-undo", resume: 0);
