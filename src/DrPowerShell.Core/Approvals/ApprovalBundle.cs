using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DrPowerShell.Core.Approvals.Errors;
using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Core.Approvals;

/// <summary>A request with the approvals that it has: one file, in which each part keeps its own signature.</summary>
/// <remarks>
/// Format: JSON, UTF-8, two blanks a level, as <see cref="CanonicalJson.Indented"/> writes it; a file that is spelled otherwise is refused, so that
/// not even a blank can be changed. Copies that different people signed are put together by <see cref="Merge"/>.
/// <code>{ "schema": "drpowershell/recovery-bundle/1", "request": { …, "signature": { … } }, "approvals": [ { …, "signature": { … } } ] }</code>
/// </remarks>
public sealed partial class ApprovalBundle
{
    public const string CurrentSchema = "drpowershell/recovery-bundle/1";

    private const int MaximumSize = 1 << 20;

    private readonly SignedPart<RecoveryRequest> _request;
    private readonly IReadOnlyList<SignedPart<RecoveryApproval>> _approvals;

    internal ApprovalBundle(SignedPart<RecoveryRequest> request, IReadOnlyList<SignedPart<RecoveryApproval>> approvals) => (_request, _approvals) = (request, approvals);

    public RecoveryRequest Request => _request.Document;

    /// <summary>In the order in which they were given; who they are by is not checked here.</summary>
    public IReadOnlyList<RecoveryApproval> Approvals => [.. _approvals.Select(part => part.Document)];

    /// <summary>The digest that approvals name: SHA-256 of the request's canonical JSON, its signature included.</summary>
    public string RequestDigest => _request.Digest;

    /// <summary>Whether a text is an id of a request.</summary>
    public static bool IsId(string text) => IdShape().IsMatch(text);

    /// <summary>Asks for a plan to be approved.</summary>
    /// <param name="plan">What would run.</param>
    /// <param name="limits">What it may destroy at most.</param>
    /// <param name="reason">Why, in one sentence.</param>
    /// <param name="requester">The requester's name.</param>
    /// <param name="signer">The requester's key.</param>
    /// <param name="now">The time, UTC.</param>
    /// <param name="validFor">How long the request may be used.</param>
    public static ApprovalBundle New(
        PlanSummary plan, ImpactFigures limits, string reason, string requester, ManifestSigner signer, DateTimeOffset now, TimeSpan validFor) => new(
        SignedPart.Sign(
            new RecoveryRequest
            {
                Schema = RecoveryRequest.CurrentSchema,
                Id = NewId(now),
                Plan = plan,
                Limits = limits,
                Reason = reason,
                Requester = requester,
                KeyId = signer.KeyId,
                PublicKey = Convert.ToBase64String(signer.PublicKey),
                Certificate = signer.Certificate is { } certificate ? Convert.ToBase64String(certificate.Span) : null,
                Created = now.ToUniversalTime(),
                Expires = now.ToUniversalTime() + validFor,
            },
            signer),
        []);

    /// <summary>This one with one more approval.</summary>
    /// <param name="approver">The approver's name.</param>
    /// <param name="comment">What the approver has to say; null for nothing.</param>
    /// <param name="signer">The approver's key.</param>
    /// <param name="now">The time, UTC.</param>
    public ApprovalBundle Approve(string approver, string? comment, ManifestSigner signer, DateTimeOffset now) => Merge(new(
        _request,
        [
            SignedPart.Sign(
                new RecoveryApproval
                {
                    Schema = RecoveryApproval.CurrentSchema,
                    Request = Request.Id,
                    RequestDigest = RequestDigest,
                    Approver = approver,
                    KeyId = signer.KeyId,
                    PublicKey = Convert.ToBase64String(signer.PublicKey),
                    Certificate = signer.Certificate is { } certificate ? Convert.ToBase64String(certificate.Span) : null,
                    Time = now.ToUniversalTime(),
                    Comment = comment,
                },
                signer),
        ]));

    /// <summary>Reads bundles and puts them together: as <c>-Approval</c> takes them.</summary>
    /// <param name="paths">At least one.</param>
    /// <exception cref="RequestNotReadableException">One is not there, or is none.</exception>
    /// <exception cref="ApprovalAlteredException">One was changed after it was signed.</exception>
    /// <exception cref="RequestsDifferException">They are about different requests.</exception>
    public static ApprovalBundle ReadFiles(IEnumerable<string> paths) => paths.Select(ReadFile).Aggregate((all, next) => all.Merge(next));

    /// <summary>Reads a bundle.</summary>
    /// <exception cref="RequestNotReadableException">It is not there, or is none.</exception>
    /// <exception cref="ApprovalAlteredException">It was changed after it was signed.</exception>
    public static ApprovalBundle ReadFile(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[MaximumSize + 1];
            return Read(bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)], path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestNotReadableException(path, e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file." : e.Message, e);
        }
    }

    /// <summary>Reads a bundle and checks every signature in it.</summary>
    /// <param name="file">All of it.</param>
    /// <param name="name">What it is called in messages: a path, or an object's name.</param>
    /// <exception cref="RequestNotReadableException">It is none.</exception>
    /// <exception cref="ApprovalAlteredException">It was changed after it was signed.</exception>
    public static ApprovalBundle Read(byte[] file, string name)
    {
        try
        {
            var bundle = Parse(file, out var json);
            bundle.RequireWhole(name);
            return CanonicalJson.Indented(json).AsSpan().SequenceEqual(file) ? bundle : throw new ApprovalAlteredException(name, "The file is not spelled as it was written: line ends or blanks were changed");
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            throw new RequestNotReadableException(name, e.Message, e);
        }
    }

    /// <summary>The file.</summary>
    public byte[] ToFile()
    {
        var node = new JsonObject
        {
            ["schema"] = CurrentSchema,
            ["request"] = JsonObject.Create(_request.Json),
            ["approvals"] = new JsonArray([.. _approvals.Select(part => JsonObject.Create(part.Json))]),
        };
        return CanonicalJson.Indented(JsonSerializer.SerializeToElement(node, ApprovalJson.Default.JsonObject));
    }

    /// <summary>This one with the approvals of another copy, each once.</summary>
    /// <exception cref="RequestsDifferException">The other is about another request.</exception>
    /// <exception cref="ApprovalAlteredException">It is about the same request with another content.</exception>
    public ApprovalBundle Merge(ApprovalBundle other) =>
        other.Request.Id != Request.Id ? throw new RequestsDifferException(Request.Id, other.Request.Id)
        : other.RequestDigest != RequestDigest ? throw new ApprovalAlteredException(Request.Id, "Its copies do not say the same")
        : new(_request, [.. _approvals.Concat(other._approvals).DistinctBy(part => part.Digest, StringComparer.Ordinal)]);

    /// <summary>Only those approvals.</summary>
    internal ApprovalBundle With(Func<RecoveryApproval, bool> which) => new(_request, [.. _approvals.Where(part => which(part.Document))]);

    /// <summary>Each approval alone, with its digest.</summary>
    internal IEnumerable<(string Digest, ApprovalBundle Bundle)> Single() => _approvals.Select(part => (part.Digest, new ApprovalBundle(_request, [part])));

    private static string NewId(DateTimeOffset now) =>
        $"request-{now.ToUniversalTime().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}-{System.Security.Cryptography.RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    private static ApprovalBundle Parse(byte[] file, out JsonElement json)
    {
        if (file.Length > MaximumSize)
        {
            throw new FormatException($"it has more than {MaximumSize >> 10} KB.");
        }

        using var document = JsonDocument.Parse(file);
        json = document.RootElement.Clone();
        string[] names = json.ValueKind == JsonValueKind.Object ? [.. json.EnumerateObject().Select(member => member.Name)] : [];
        if (string.Concat(names) != "schemarequestapprovals" || json.GetProperty("approvals").ValueKind != JsonValueKind.Array)
        {
            throw new FormatException("it is no request with approvals.");
        }

        Require(json.GetProperty("schema").ToString(), CurrentSchema);
        var request = SignedPart.Read(json.GetProperty("request"), ApprovalJson.Default.RecoveryRequest);
        Require(request.Document.Schema, RecoveryRequest.CurrentSchema);
        var approvals = json.GetProperty("approvals").EnumerateArray().Select(part => SignedPart.Read(part, ApprovalJson.Default.RecoveryApproval)).ToList();
        approvals.ForEach(part => Require(part.Document.Schema, RecoveryApproval.CurrentSchema));
        return IsId(request.Document.Id) ? new(request, approvals) : throw new FormatException("its id is none of a request.");
    }

    private static void Require(string schema, string expected)
    {
        if (schema != expected)
        {
            throw new FormatException($"its schema '{schema}' is not {expected}.");
        }
    }

    private void RequireWhole(string name)
    {
        var request = _request.Document;
        if (SignedPart.Fault(_request.Json, request.Signature, request.KeyId, request.PublicKey) is { } fault)
        {
            throw new ApprovalAlteredException(name, $"The request of {request.Requester} was changed after it was signed: {fault}");
        }

        foreach (var (approval, json) in _approvals.Select(part => (part.Document, part.Json)))
        {
            var why = SignedPart.Fault(json, approval.Signature, approval.KeyId, approval.PublicKey)
                ?? (approval.Request != request.Id || approval.RequestDigest != RequestDigest ? "it is for another request, or the request was changed since" : null);
            if (why is not null)
            {
                throw new ApprovalAlteredException(name, $"The approval of {approval.Approver} does not hold: {why}");
            }
        }
    }

    [GeneratedRegex(@"^request-\d{8}T\d{6}Z-[0-9a-f]{8}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex IdShape();
}
