using DrPowerShell.Core.Approvals.Errors;
using DrPowerShell.Core.Configuration.Documents;

namespace DrPowerShell.Core.Approvals;

/// <summary>Says whether a plan may run.</summary>
public static class ApprovalCheck
{
    /// <summary>Holds a bundle against a policy. Every refusal is an error of its own.</summary>
    /// <param name="policy">Who must approve.</param>
    /// <param name="plan">What would run.</param>
    /// <param name="measured">What it would destroy, measured now; null where it cannot be measured.</param>
    /// <param name="bundle">What was approved; null where nothing was given.</param>
    /// <param name="now">The time, UTC.</param>
    /// <exception cref="ApprovalMissingException">Too few have approved.</exception>
    /// <exception cref="ApprovalForAnotherPlanException">It is for another plan, or its summary does not tell the truth about this one.</exception>
    /// <exception cref="ApprovedSnapshotChangedException">It is for this plan with another snapshot.</exception>
    /// <exception cref="ApprovedHostChangedException">It is for this plan, and a machine has changed.</exception>
    /// <exception cref="ApprovedScriptChangedException">It is for this plan, and a check or its script has changed.</exception>
    /// <exception cref="ApprovalExpiredException">Its time is over, or has not come.</exception>
    /// <exception cref="ApprovalByRequesterException">Too few but the requester have approved.</exception>
    /// <exception cref="ApproverUnknownException">Too few but an unknown key have approved.</exception>
    /// <exception cref="ApproverKeyNotUsableException">Too few approvals can be checked.</exception>
    /// <exception cref="ImpactExceedsApprovalException">More would be destroyed than was approved.</exception>
    /// <returns>The request, and who approved it, by the estate's names.</returns>
    public static GrantedApproval Check(ApprovalSection policy, PlanSummary plan, ImpactFigures? measured, ApprovalBundle? bundle, DateTimeOffset now)
    {
        if (bundle is null)
        {
            throw new ApprovalMissingException(plan.Target, policy.Required, [], [.. policy.Approvers.Keys], request: null);
        }

        var request = bundle.Request;
        if (plan.DifferencesFrom(request.Plan) is { Count: > 0 } differences)
        {
            throw plan.ChangeFrom(request.Plan) switch
            {
                PlanChange.Snapshot => new ApprovedSnapshotChangedException(request.Id, differences),
                PlanChange.Host => new ApprovedHostChangedException(request.Id, differences),
                PlanChange.Script => new ApprovedScriptChangedException(request.Id, differences),
                _ => new ApprovalForAnotherPlanException(request.Id, differences),
            };
        }

        RequireInTime(policy, request, now);
        var votes = Count(policy, bundle, now);
        if (votes.Approved.Count < policy.Required)
        {
            throw votes.WhyTooFew(policy, plan.Target, request);
        }

        return (measured ?? new ImpactFigures()).Beyond(request.Limits) is { Count: > 0 } beyond
            ? throw new ImpactExceedsApprovalException(request.Id, beyond)
            : new GrantedApproval(request.Id, votes.Requester, votes.Approved);
    }

    /// <summary>Who asked for a bundle's plan, and whose approvals count, by the estate's names.</summary>
    public static (string Requester, IReadOnlyList<string> Approvers) Names(ApprovalSection policy, ApprovalBundle bundle, DateTimeOffset now)
    {
        var votes = Count(policy, bundle, now);
        return (votes.Requester, votes.Approved);
    }

    /// <summary>The estate's name for a key; null where it is no approver's.</summary>
    public static string? NameOf(ApprovalSection policy, string keyId, DateTimeOffset now) => ApproverKeys.Read(policy, now).NameOf(keyId);

    /// <summary>Why a key's approval would not count; null where it would.</summary>
    public static string? WhyNot(ApprovalSection policy, ApprovalBundle bundle, string keyId, DateTimeOffset now)
    {
        var keys = ApproverKeys.Read(policy, now);
        var name = keys.NameOf(keyId);
        var isRequester = keyId == bundle.Request.KeyId || (name is not null && name == keys.NameOf(bundle.Request.KeyId));
        return name is null ? $"the estate names no approver with the key {keyId}"
            : isRequester && !policy.RequesterMayApprove ? $"{name} made the request, and the estate does not let requesters approve"
            : null;
    }

    /// <summary>When a request ends: at its own time or the policy's, whichever comes first.</summary>
    public static DateTimeOffset EndOf(ApprovalSection? policy, RecoveryRequest request) =>
        policy is not null && request.Expires - request.Created > policy.ValidFor ? request.Created + policy.ValidFor : request.Expires;

    private static void RequireInTime(ApprovalSection policy, RecoveryRequest request, DateTimeOffset now)
    {
        // A request from the future would live longer than the policy allows.
        if (now < request.Created)
        {
            throw new ApprovalExpiredException(
                request.Id, $"was made at {request.Created.ToUniversalTime():u}, and here it is {now.ToUniversalTime():u}.", "Compare the clocks of the two machines.");
        }

        if (EndOf(policy, request) is var end && now >= end)
        {
            throw new ApprovalExpiredException(request.Id, $"ended at {end.ToUniversalTime():u}.", "Make a new request: Get-RecoveryPlan … | New-RecoveryRequest.");
        }
    }

    private static Votes Count(ApprovalSection policy, ApprovalBundle bundle, DateTimeOffset now)
    {
        var keys = ApproverKeys.Read(policy, now);
        var requester = keys.NameOf(bundle.Request.KeyId);
        var votes = new Votes(requester ?? bundle.Request.Requester, keys);
        foreach (var approval in bundle.Approvals)
        {
            var name = keys.NameOf(approval.KeyId);
            if (!policy.RequesterMayApprove && (approval.KeyId == bundle.Request.KeyId || (name is not null && name == requester)))
            {
                votes.IsByRequester = true;
            }
            else if (name is null)
            {
                votes.Unknown ??= approval;
            }
            else if (!votes.Approved.Contains(name))
            {
                votes.Approved.Add(name);
            }
        }

        return votes;
    }

    private sealed class Votes(string requester, ApproverKeys keys)
    {
        public string Requester { get; } = requester;

        public List<string> Approved { get; } = [];

        public bool IsByRequester { get; set; }

        public RecoveryApproval? Unknown { get; set; }

        public Exception WhyTooFew(ApprovalSection policy, string target, RecoveryRequest request) => Unknown switch
        {
            // An approval that nobody's key explains may be by the one whose key cannot be read.
            not null when keys.Faults.Count > 0 => keys.Faults.Values.First(),
            not null => new ApproverUnknownException(request.Id, Unknown.Approver, Unknown.KeyId),
            null when IsByRequester => new ApprovalByRequesterException(request.Id, Requester, policy.Required, Approved),
            null => new ApprovalMissingException(target, policy.Required, Approved, [.. policy.Approvers.Keys.Except(Approved, StringComparer.Ordinal)], request.Id),
        };
    }
}

/// <summary>A request that may be used.</summary>
/// <param name="Request">Its id.</param>
/// <param name="Requester">Who asked: the estate's name where the key is an approver's, else the name that the request gives.</param>
/// <param name="Approvers">Whose approvals count, by the estate's names.</param>
public sealed record GrantedApproval(string Request, string Requester, IReadOnlyList<string> Approvers);
