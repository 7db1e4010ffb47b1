namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Killed when the work of each step that replaces one member is done, and nothing says so yet.</summary>
public sealed class StepKillOfMemberBehindTests() : StepKillLoop(undo: 1, "behind")
{
    private protected override FaultScene Scene => FaultScene.OneLost;
}
