namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Every step of a restore from the one member that still answers fails after its work.</summary>
public sealed class StepFailureFromSurvivorTests : StepFailureLoop
{
    private protected override FaultScene Scene => FaultScene.Survivor;
}
