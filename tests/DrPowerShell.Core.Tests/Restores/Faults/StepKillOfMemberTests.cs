namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Killed at each step that replaces one member, before and behind its work in turns.</summary>
public sealed class StepKillOfMemberTests() : StepKillLoop(undo: 0, "before", "behind")
{
    private protected override FaultScene Scene => FaultScene.OneLost;
}
