namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Every step of the replacement of a member without data fails after its work.</summary>
public sealed class StepFailureOfWipedMemberTests : StepFailureLoop
{
    private protected override FaultScene Scene => FaultScene.OneWiped;
}
