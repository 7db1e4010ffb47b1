namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Every step of a restore of a damaged cluster fails after its work.</summary>
public sealed class StepFailureTests : StepFailureLoop
{
    private protected override FaultScene Scene => FaultScene.Damaged;
}
