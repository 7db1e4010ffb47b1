using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Every step of a restore from the one member that still answers fails after its work.</summary>
public sealed class StepFailureFromSurvivorTests : StepFailureLoop
{
    private protected override FaultScene Scene => FaultScene.Survivor;

    // What is done on the others' machines is done on this one's as well; the loop over a damaged cluster takes them all.
    private protected override IReadOnlyList<RunbookStep> Steps(FaultRig rig) => rig.StepsWithout("m1-host", "m3-host");
}
