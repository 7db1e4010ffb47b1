using DrPowerShell.Core.Configuration.Documents;

namespace DrPowerShell.Core.Approvals;

/// <summary>Where a request stands.</summary>
public enum RequestState
{
    /// <summary>Too few have approved it, or nothing tells how many must.</summary>
    Open,

    /// <summary>As many as the estate asks for have approved it.</summary>
    Approved,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>A run has used it up.</summary>
    Used,
}

/// <summary>A request, who approved it, and whether it can be used.</summary>
public sealed record RecoveryRequestInfo
{
    /// <summary>Such as request-20261122T140512Z-7f3a04bd.</summary>
    public required string Id { get; init; }

    /// <summary>restore, failover or drill.</summary>
    public required string Kind { get; init; }

    /// <summary>The cluster's name.</summary>
    public required string Target { get; init; }

    public required RequestState State { get; init; }

    /// <summary>The estate's name where the requester's key is an approver's, else the name that the request gives.</summary>
    public required string Requester { get; init; }

    public required string Reason { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>From this moment on it cannot be used, UTC: its own end, or the estate's if that comes first.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>Whose approvals count, by the estate's names; without an estate the names that the approvals give, which prove nothing.</summary>
    public required IReadOnlyList<string> ApprovedBy { get; init; }

    /// <summary>How many must approve; null where no estate tells.</summary>
    public int? Required { get; init; }

    /// <summary>The run that used it up; null for none that is known here.</summary>
    public string? UsedBy { get; init; }

    /// <summary>What the run may destroy at most.</summary>
    public required ImpactFigures Limits { get; init; }

    /// <summary>What would run.</summary>
    public required PlanSummary Plan { get; init; }

    /// <summary>Each approval with its time and comment.</summary>
    public required IReadOnlyList<RecoveryApproval> Approvals { get; init; }

    /// <summary>The file; null where it lies in a repository.</summary>
    public string? Path { get; init; }

    /// <summary>The repository, by the estate's name, URI or folder; null where it lies in a file.</summary>
    public string? Repository { get; init; }

    /// <summary>Describes a bundle.</summary>
    /// <param name="bundle">The request and its approvals, read and whole.</param>
    /// <param name="policy">What the estate asks for; null where none is at hand, or none asks.</param>
    /// <param name="used">Which run used it; null for none.</param>
    /// <param name="now">The time, UTC.</param>
    public static RecoveryRequestInfo Of(ApprovalBundle bundle, ApprovalSection? policy, UseMark? used, DateTimeOffset now)
    {
        var request = bundle.Request;
        var (requester, approved) = policy is null
            ? (request.Requester, [.. bundle.Approvals.Select(approval => approval.Approver).Distinct(StringComparer.Ordinal)])
            : ApprovalCheck.Names(policy, bundle, now);
        var end = ApprovalCheck.EndOf(policy, request);
        return new()
        {
            Id = request.Id,
            Kind = request.Plan.Kind,
            Target = request.Plan.Target,
            State = used is not null ? RequestState.Used : now >= end ? RequestState.Expired : approved.Count >= policy?.Required ? RequestState.Approved : RequestState.Open,
            Requester = requester,
            Reason = request.Reason,
            Created = request.Created,
            Expires = end,
            ApprovedBy = approved,
            Required = policy?.Required,
            UsedBy = used?.Run,
            Limits = request.Limits,
            Plan = request.Plan,
            Approvals = bundle.Approvals,
        };
    }

    public override string ToString() => Id;
}
