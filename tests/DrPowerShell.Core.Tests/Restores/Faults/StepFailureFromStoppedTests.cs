using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Every step of a restore from the database of a stopped member fails after its work.</summary>
public sealed class StepFailureFromStoppedTests : StepFailureLoop
{
    private protected override FaultScene Scene => FaultScene.Stopped;

    // What is done on the others' machines is done on this one's as well; the loop over a damaged cluster takes them all.
    private protected override IReadOnlyList<RunbookStep> Steps(FaultRig rig) => rig.StepsWithout("m1-host", "m2-host");
}
