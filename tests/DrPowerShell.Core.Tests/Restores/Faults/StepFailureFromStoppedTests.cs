namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Every step of a restore from the database of a stopped member fails after its work.</summary>
public sealed class StepFailureFromStoppedTests : StepFailureLoop
{
    private protected override FaultScene Scene => FaultScene.Stopped;
}
