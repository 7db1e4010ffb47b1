namespace DrPowerShell.Core.Approvals;

/// <summary>A plan that can be approved: what <c>New-RecoveryRequest -Plan</c> takes.</summary>
public interface IApprovablePlan
{
    /// <summary>What approvers read of it.</summary>
    PlanSummary ToSummary();
}
