namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Killed at each step while the old cluster serves, before and behind its work in turns.</summary>
public sealed class StepKillWhileServingTests() : StepKillLoop(undo: 0, "before", "behind")
{
    private protected override FaultScene Scene => FaultScene.Serving;
}
