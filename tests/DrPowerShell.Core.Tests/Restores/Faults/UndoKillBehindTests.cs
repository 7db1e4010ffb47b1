namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Killed when the undo of each step is done, and nothing says so yet.</summary>
public sealed class UndoKillBehindTests() : UndoKillLoop("behind-undo", resume: 1);
