namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Every step of the replacement of one member fails after its work.</summary>
public sealed class StepFailureOfMemberTests : StepFailureLoop
{
    private protected override FaultScene Scene => FaultScene.OneLost;
}
