namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Every step of a restore fails after its work while the old cluster serves.</summary>
public sealed class StepFailureWhileServingTests : StepFailureLoop
{
    private protected override FaultScene Scene => FaultScene.Serving;
}
