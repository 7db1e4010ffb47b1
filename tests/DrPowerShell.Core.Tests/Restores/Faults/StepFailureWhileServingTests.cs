using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Every step of a restore fails after its work while the old cluster serves.</summary>
public sealed class StepFailureWhileServingTests : StepFailureLoop
{
    private protected override FaultScene Scene => FaultScene.Serving;

    // What is done on the others' machines is done on this one's as well; the loop over a damaged cluster takes them all.
    private protected override IReadOnlyList<RunbookStep> Steps(FaultRig rig) => rig.StepsWithout("m1-host", "m3-host");
}
