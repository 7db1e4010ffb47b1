using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using DrPowerShell.Core.Approvals.Errors;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Approvals;

/// <summary>Lets a run go on once those whom the estate names have approved its plan, and uses their approval up.</summary>
/// <remarks>Without a policy there is nothing to do: PowerShell's own confirmation was asked before the run began.</remarks>
public sealed class ApproveStep : RunbookStep
{
    /// <summary>Its id in every plan.</summary>
    public const string StepId = "approve";

    private const string BundleFact = "approvalBundle";

    private readonly ApprovalSection? _policy;
    private readonly Func<PlanSummary> _plan;
    private readonly Func<RunFacts, ImpactFigures?> _measured;
    private readonly string _stateFolder;

    /// <param name="policy">Who must approve; null for nobody.</param>
    /// <param name="plan">The plan that is about to run; asked for when the step begins, since a summary tells of this step as well.</param>
    /// <param name="measured">What the run would destroy, measured by the steps before; null where it cannot be measured.</param>
    /// <param name="stateFolder">The state folder of this machine.</param>
    [SetsRequiredMembers]
    public ApproveStep(ApprovalSection? policy, Func<PlanSummary> plan, Func<RunFacts, ImpactFigures?> measured, string stateFolder)
    {
        (Id, Phase) = (StepId, RecoveryPhase.Approve);
        (_policy, _plan, _measured, _stateFolder) = (policy, plan, measured, stateFolder);
        Title = policy is null
            ? "confirmed at the prompt"
            : string.Create(CultureInfo.InvariantCulture, $"{policy.Required} of {policy.Approvers.Count} named approvers{(policy.RequesterMayApprove ? "" : " (not the requester)")}");
    }

    /// <summary>What was approved; null where nothing was given.</summary>
    public ApprovalBundle? Bundle { get; init; }

    /// <summary>Why to go ahead without approval; null where not.</summary>
    public string? BreakGlass { get; init; }

    /// <summary>The repository in which requests are used up; null where there is none.</summary>
    public IBlobStore? Store { get; init; }

    /// <summary>The estate's name for the repository; null where the plan has none. With a name and no store it does not answer.</summary>
    public string? Repository { get; init; }

    /// <summary>With what it begins, for whoever is told of the run; null where nobody must approve it.</summary>
    internal string? Claim => _policy is null ? null
        : BreakGlass is { } reason ? $"NONE, the glass is to be broken: {reason}"
        : Bundle is { } bundle ? $"{bundle.Request.Id} of {bundle.Request.Requester}, which is checked before anything is changed"
        : "none was given";

    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        if (_policy is null)
        {
            context.Text = "The estate names no approvers.";
        }
        else if (BreakGlass is not null)
        {
            await GoAheadAsync(context, _policy, BreakGlass, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await UseAsync(context, _policy, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task GoAheadAsync(StepContext context, ApprovalSection policy, string reason, CancellationToken cancellationToken)
    {
        var missing = NotApproved(policy, _plan(), _measured(context.Facts));
        await context.TellApprovalAsync(new ApprovalUsed { BreakGlass = reason, NotApproved = missing }, cancellationToken).ConfigureAwait(false);
        await context.FindAsync(RecoverySeverity.Warning, "BreakGlass", $"The run went ahead WITHOUT the approval that the estate asks for: {reason}. Not approved: {missing}", cancellationToken)
            .ConfigureAwait(false);
        context.Text = $"WITHOUT APPROVAL: {reason}";
    }

    private static string NotApproved(ApprovalSection policy, PlanSummary plan, ImpactFigures? measured) => string.Create(
        CultureInfo.InvariantCulture,
        $"{plan.Kind} of {plan.Target}{(plan.Source is { } source ? $" from {source.Snapshot}" : "")} ({(measured ?? plan.Impact)?.ToString() ?? "what it destroys was not measured"}); {policy.Required} of {string.Join(", ", policy.Approvers.Keys)} had to approve it");

    private async Task UseAsync(StepContext context, ApprovalSection policy, CancellationToken cancellationToken)
    {
        // A run that is resumed elsewhere finds what it was begun with.
        var bundle = Bundle ?? (context.Facts.Find<string>(BundleFact) is { } kept ? ApprovalBundle.Read(Convert.FromBase64String(kept), BundleFact) : null);
        if (bundle is not null && Repository is not null && Store is null)
        {
            // Used on another machine it would let a second run begin.
            throw new ApprovalUseNotKnownException(bundle.Request.Id, Repository);
        }

        var used = bundle is null ? null : await ApprovalUse.FindAsync(Store, _stateFolder, bundle.Request.Id, cancellationToken).ConfigureAwait(false);
        var now = used is { } mark && mark.Run == context.Run ? mark.Time : context.Time.GetUtcNow();
        var granted = ApprovalCheck.Check(policy, _plan(), _measured(context.Facts), bundle, now);
        if (!context.Facts.Has(BundleFact))
        {
            // As base64: the journal's redaction finds no words in it, so that the signatures still hold.
            await context.RecordAsync(BundleFact, Convert.ToBase64String(bundle!.ToFile()), cancellationToken).ConfigureAwait(false);
        }

        await ApprovalUse.TakeAsync(Store, _stateFolder, granted.Request, context.Run, context.Time, cancellationToken).ConfigureAwait(false);
        await context.TellApprovalAsync(
            new ApprovalUsed { Request = granted.Request, Requester = granted.Requester, Approvers = granted.Approvers }, cancellationToken).ConfigureAwait(false);
        context.Text = $"{granted.Request} of {granted.Requester}, approved by {string.Join(", ", granted.Approvers)}";
    }
}
