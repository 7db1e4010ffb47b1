namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Killed before the work of each step that replaces one member.</summary>
public sealed class StepKillOfMemberTests() : StepKillLoop(undo: 0, "before")
{
    private protected override FaultScene Scene => FaultScene.OneLost;
}
