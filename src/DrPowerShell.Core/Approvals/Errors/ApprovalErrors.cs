using System.Globalization;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Approvals.Errors;

/// <summary>Too few of those whom the estate names have approved.</summary>
public sealed class ApprovalMissingException(string target, int required, IReadOnlyList<string> approved, IReadOnlyList<string> others, string? request) : RecoveryException(
    FailureKind.Refused,
    target,
    string.Create(
        CultureInfo.InvariantCulture,
        $"{required} of {approved.Count + others.Count} approvers must approve what is done to '{target}'; {(approved.Count == 0 ? "nobody has" : string.Join(", ", approved) + (approved.Count == 1 ? " has" : " have"))}. Still asked: {string.Join(", ", others)}."),
    request is null
        ? "Make a request from the plan: Get-RecoveryPlan … | New-RecoveryRequest -SigningKey ME.key -Reason '…' -Path request.json; have it approved: Approve-RecoveryRequest request.json -SigningKey APPROVER.key; then add -Approval request.json."
        : $"Send {request} to them: Approve-RecoveryRequest FILE -SigningKey APPROVER.key; then add -Approval FILE.")
{
    public int Required { get; } = required;

    /// <summary>Who has approved, by the estate's names.</summary>
    public IReadOnlyList<string> Approved { get; } = approved;

    /// <summary>Who could still approve.</summary>
    public IReadOnlyList<string> Others { get; } = others;
}

/// <summary>An approval is for another plan than the one that would run.</summary>
public sealed class ApprovalForAnotherPlanException(string request, IReadOnlyList<string> differences) : RecoveryException(
    FailureKind.Security,
    request,
    $"{request} was approved for another plan. Different now: {string.Join("; ", differences)}.",
    "Run what was approved, or make a new request for this plan: Get-RecoveryPlan … | New-RecoveryRequest.")
{
    /// <summary>What is not as it was approved.</summary>
    public IReadOnlyList<string> Differences { get; } = differences;
}

/// <summary>The snapshot is another one than that which was approved.</summary>
public sealed class ApprovedSnapshotChangedException(string request, IReadOnlyList<string> differences) : RecoveryException(
    FailureKind.Security,
    request,
    $"{request} was approved for another snapshot. Different now: {string.Join("; ", differences)}.",
    "Restore the snapshot that was approved, or make a new request for this one: Get-RecoveryPlan … | New-RecoveryRequest.");

/// <summary>A machine is not what it was when the plan was approved.</summary>
public sealed class ApprovedHostChangedException(string request, IReadOnlyList<string> differences) : RecoveryException(
    FailureKind.Security,
    request,
    $"{request} was approved for machines as they were then. Different now: {string.Join("; ", differences)}.",
    "Look at what has changed in the estate or on the machine, then make a new request: Get-RecoveryPlan … | New-RecoveryRequest.");

/// <summary>A check or the script of one is not what it was when the plan was approved.</summary>
public sealed class ApprovedScriptChangedException(string request, IReadOnlyList<string> differences) : RecoveryException(
    FailureKind.Security,
    request,
    $"A check of the plan, or the script of one, has changed since {request} was approved. Different now: {string.Join("; ", differences)}.",
    "Look at what has changed in the plan and its scripts, then make a new request: Get-RecoveryPlan … | New-RecoveryRequest.");

/// <summary>A request is used after its time, or before it.</summary>
public sealed class ApprovalExpiredException(string request, string reason, string advice) : RecoveryException(FailureKind.Refused, request, $"{request} {reason}", advice);

/// <summary>A request has let a run begin before.</summary>
public sealed class ApprovalUsedException(string request, string run, string by, DateTimeOffset time) : RecoveryException(
    FailureKind.Refused,
    request,
    $"{request} was used up by {run} of {by} at {time.ToUniversalTime():u}.",
    $"Go on with that run (Resume-RecoveryRun {run}), or make a new request.")
{
    /// <summary>The run that used it.</summary>
    public string Run { get; } = run;
}

/// <summary>The repository that knows whether a request was used does not answer.</summary>
public sealed class ApprovalUseNotKnownException(string request, string repository) : RecoveryException(
    FailureKind.Unreachable,
    request,
    $"Whether {request} has let a run begin before cannot be told: the repository {repository} does not answer.",
    "Get the repository to answer, or go ahead with -BreakGlass REASON.");

/// <summary>The requester's own approval would be needed, and it does not count.</summary>
public sealed class ApprovalByRequesterException(string request, string requester, int required, IReadOnlyList<string> approved) : RecoveryException(
    FailureKind.Security,
    request,
    string.Create(
        CultureInfo.InvariantCulture,
        $"{requester} asked for {request} and approved it as well, which does not count: {required} must approve, {(approved.Count == 0 ? "nobody else has" : string.Join(", ", approved) + (approved.Count == 1 ? " has" : " have"))}."),
    "Have another approver approve it. The estate allows requesters to approve with requesterMayApprove.");

/// <summary>A request was approved by a key that the estate does not name.</summary>
public sealed class ApproverUnknownException(string request, string approver, string keyId) : RecoveryException(
    FailureKind.Security,
    request,
    $"{request} was approved by '{approver}' with the key {keyId}, which is none of the approvers that the estate names.",
    "Have it approved with a key that stands under approval.approvers of the cluster, or add that key there.");

/// <summary>A request or an approval is not what was signed.</summary>
public sealed class ApprovalAlteredException(string name, string what) : RecoveryException(
    FailureKind.Security, name, $"{name} cannot be trusted. {what}.", "Fetch the file again from whoever signed it, unchanged; ask how it came to be changed.");

/// <summary>A run would destroy more than was approved.</summary>
public sealed class ImpactExceedsApprovalException(string request, IReadOnlyList<string> beyond) : RecoveryException(
    FailureKind.Refused,
    request,
    $"What was measured now goes beyond what {request} allows: {string.Join("; ", beyond)}.",
    "Make a new request with the present figures, or with higher limits: New-RecoveryRequest -AcceptKeysLost -AcceptKeysReverted -AcceptDataLoss.")
{
    /// <summary>Each figure that goes beyond its limit.</summary>
    public IReadOnlyList<string> Beyond { get; } = beyond;
}

/// <summary>A file holds no request.</summary>
public sealed class RequestNotReadableException(string name, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.InvalidData, name, $"{name} is no recovery request that can be read: {reason}", "Give the file that New-RecoveryRequest or Approve-RecoveryRequest wrote.", inner);

/// <summary>The key of an approver whom the estate names cannot be used.</summary>
public sealed class ApproverKeyNotUsableException(string approver, string path, string reason) : RecoveryException(
    FailureKind.InvalidData,
    path,
    $"The key of the approver '{approver}' in '{path}' cannot be used: {reason}",
    "Put the approver's public ECDSA key or certificate there, as PEM, such as openssl pkey -in KEY -pubout writes.")
{
    public string Approver { get; } = approver;
}

/// <summary>Files were given together that are about different requests.</summary>
public sealed class RequestsDifferException(string first, string second) : RecoveryException(
    FailureKind.InvalidInput, second, $"The files are about different requests: {first} and {second}.", "Give copies of one request only.");

/// <summary>There is a file already where a request would be written.</summary>
public sealed class RequestFileExistsException(string path) : RecoveryException(
    FailureKind.AlreadyExists, path, $"There is something at '{path}' already.", "Name another file; requests are never overwritten.");

/// <summary>A repository holds no such request.</summary>
public sealed class RequestNotFoundException(string request, Uri store) : RecoveryException(
    FailureKind.NotFound, request, $"{store} holds no request '{request}'.", "Get-RecoveryRequest -Repository NAME lists those that there are.");
