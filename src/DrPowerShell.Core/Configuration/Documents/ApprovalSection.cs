namespace DrPowerShell.Core.Configuration.Documents;

/// <summary>Who must approve what destroys data.</summary>
public sealed record ApprovalSection
{
    [EstateKey("The approvers by name, each with a PEM file of their public key or certificate.", Required = true, Minimum = 1, Format = EstateFormat.File)]
    public IReadOnlyDictionary<string, string> Approvers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    [EstateKey("How many of them must approve.", Minimum = 1, Default = 1)]
    public int Required { get; init; } = 1;

    [EstateKey("How long a request may be used.", Default = "24h")]
    public TimeSpan ValidFor { get; init; } = TimeSpan.FromHours(24);

    [EstateKey("Whether the requester may be one of the approvers.", Default = false)]
    public bool RequesterMayApprove { get; init; }
}
