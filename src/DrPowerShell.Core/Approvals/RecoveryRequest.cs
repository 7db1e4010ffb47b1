using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Core.Approvals;

/// <summary>Asks for the right to run one plan, once. Signed by the requester's key, which it carries.</summary>
public sealed record RecoveryRequest
{
    public const string CurrentSchema = "drpowershell/recovery-request/1";

    public required string Schema { get; init; }

    /// <summary>Such as request-20261122T140512Z-7f3a04bd.</summary>
    public required string Id { get; init; }

    /// <summary>What would be run, for those who approve.</summary>
    public required PlanSummary Plan { get; init; }

    /// <summary>What the run may destroy at most.</summary>
    public required ImpactFigures Limits { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>The name that the requester goes by: it proves nothing, the key does.</summary>
    public required string Requester { get; init; }

    /// <summary>The SHA-256 of <see cref="PublicKey"/>, in lowercase hex.</summary>
    public required string KeyId { get; init; }

    /// <summary>The requester's public key: SubjectPublicKeyInfo, DER, base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>The requester's certificate, DER in base64; null where a bare key signs.</summary>
    public string? Certificate { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>From this moment on it cannot be used, UTC.</summary>
    public required DateTimeOffset Expires { get; init; }

    public ManifestSignature? Signature { get; init; }

    public override string ToString() => Id;
}

/// <summary>One person's consent to a request, signed with that person's key.</summary>
public sealed record RecoveryApproval
{
    public const string CurrentSchema = "drpowershell/recovery-approval/1";

    public required string Schema { get; init; }

    /// <summary>The request's id.</summary>
    public required string Request { get; init; }

    /// <summary>The SHA-256 of the request's canonical JSON, its signature included, in lowercase hex.</summary>
    public required string RequestDigest { get; init; }

    /// <summary>The name that the approver goes by: it proves nothing, the key does.</summary>
    public required string Approver { get; init; }

    /// <summary>The SHA-256 of <see cref="PublicKey"/>, in lowercase hex.</summary>
    public required string KeyId { get; init; }

    /// <summary>The approver's public key: SubjectPublicKeyInfo, DER, base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>The approver's certificate, DER in base64; null where a bare key signs.</summary>
    public string? Certificate { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    public string? Comment { get; init; }

    public ManifestSignature? Signature { get; init; }

    public override string ToString() => $"{Approver} ({KeyId[..Math.Min(8, KeyId.Length)]})";
}
