using System.Management.Automation;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Approvals.Errors;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Module.Approvals;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;

namespace DrPowerShell.Module.Commands;

/// <summary>Approves a request: signs it with your key, so that its plan may run once.</summary>
/// <remarks>
/// <para>
/// Read first what would run: Get-RecoveryRequest shows the steps, the snapshot, the hosts and what would be destroyed. The approval is for this
/// request alone, to the byte, and ends with it.
/// </para>
/// <para>
/// The approval is added to the file itself, to -OutputPath, or to the repository. Several people may sign copies at the same time: give all the
/// copies to the restore, or to this command, which puts them together. With an estate at hand you are warned where your approval would not count.
/// </para>
/// </remarks>
/// <example>
/// <para>Approve a request that came as a file.</para>
/// <code>Get-RecoveryRequest ./request.json | Format-List
/// Approve-RecoveryRequest ./request.json -SigningKey ~/keys/alice.pem -Comment 'Checked with the shop team'</code>
/// </example>
/// <example>
/// <para>Approve what waits in the repository, with a certificate.</para>
/// <code>Get-RecoveryRequest -Repository offsite | Where-Object State -eq Open | Approve-RecoveryRequest -Certificate ~/keys/alice.pfx -SigningKeyPassphrase secret:vault/alice</code>
/// <para>Each one is shown with its impact, and asked for.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Approve, "RecoveryRequest", DefaultParameterSetName = ByPath, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RecoveryRequestInfo))]
public sealed class ApproveRecoveryRequestCommand : SigningCmdlet
{
    private const string ByPath = "Path";
    private const string ByRequest = "Request";

    /// <summary>The file that holds the request; several copies of one request are put together.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByPath)]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>A request that Get-RecoveryRequest or New-RecoveryRequest returned.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByRequest)]
    [ValidateNotNull]
    public RecoveryRequestInfo? InputObject { get; set; }

    /// <summary>A new file for the request with your approval. Without it the file that was given is written anew.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <summary>What you have to say to it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Comment { get; set; }

    /// <inheritdoc/>
    protected override void Process() => Item(InputObject?.Id, Approve, terminating: !MyInvocation.ExpectingInput);

    private void Approve()
    {
        var reference = Repository ?? (InputObject?.Repository is { } stored ? new RepositoryReference(stored) : null);
        var options = reference is null ? null : Session.Repository(reference);
        IReadOnlyList<string> files = InputObject is null ? [.. Path.Select(ResolveDestination)] : InputObject.Path is { } file ? [file] : [];
        var state = SessionPaths.State(this);
        var (bundle, used) = Run((_, token) => ReadAsync(files, options, InputObject?.Id, state, token));
        var policy = PolicyFor(bundle.Request.Plan.Target);
        var now = TimeProvider.System.GetUtcNow();
        RequireUsable(bundle, used, ApprovalCheck.EndOf(policy, bundle.Request), now);

        using var signer = OpenSigner();
        if (policy is not null && ApprovalCheck.WhyNot(policy, bundle, signer.KeyId, now) is { } why)
        {
            WriteWarning($"This approval will not count: {why}.");
        }

        var request = bundle.Request;
        var what = $"{request.Plan.Kind} of {request.Plan.Target}{(request.Plan.Source is { } source ? " from " + source.Snapshot : "")} on {string.Join(", ", request.Plan.Hosts)}";
        if (!ShouldProcess(what, $"Approve (at most {request.Limits}; asked for by {request.Requester}: {request.Reason})"))
        {
            return;
        }

        var name = Name ?? (policy is null ? null : ApprovalCheck.NameOf(policy, signer.KeyId, now)) ?? Environment.UserName;
        var approved = bundle.Approve(name, Comment, signer, now);
        var path = Write(approved, files);
        if (options is not null)
        {
            Run((_, token) => SaveAsync(options, approved, token));
        }

        WriteObject(RecoveryRequestInfo.Of(approved, policy, used, now) with { Path = path, Repository = reference is null ? null : Where(reference) });
    }

    private string? Write(ApprovalBundle approved, IReadOnlyList<string> files)
    {
        if (OutputPath is not null)
        {
            var path = ResolveDestination(OutputPath);
            RequestFile.Create(path, approved);
            return path;
        }

        if (files.Count > 1)
        {
            throw new ParametersConflictException(nameof(OutputPath), "Several copies were given, and nothing says which one is written.", "Add -OutputPath FILE.");
        }

        if (files.Count == 1)
        {
            RequestFile.Replace(files[0], approved);
        }

        return files.Count == 1 ? files[0] : null;
    }

    private static void RequireUsable(ApprovalBundle bundle, UseMark? used, DateTimeOffset end, DateTimeOffset now)
    {
        if (used is not null)
        {
            throw new ApprovalUsedException(used.Request, used.Run, used.By, used.Time);
        }

        if (now >= end)
        {
            throw new ApprovalExpiredException(bundle.Request.Id, $"ended at {end.ToUniversalTime():u}.", "Ask for a new request.");
        }
    }

    private static async Task<(ApprovalBundle Bundle, UseMark? Used)> ReadAsync(IReadOnlyList<string> files, RepositoryOptions? options, string? id, string state, CancellationToken cancellationToken)
    {
        var bundle = files.Count > 0 ? ApprovalBundle.ReadFiles(files) : null;
        if (options is null)
        {
            return (bundle!, await ApprovalUse.FindAsync(store: null, state, bundle!.Request.Id, cancellationToken).ConfigureAwait(false));
        }

        var repository = await SnapshotRepository.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using var close = repository.ConfigureAwait(false);
        bundle ??= await new RequestStore(repository.Store).ReadAsync(id!, cancellationToken).ConfigureAwait(false);
        return (bundle, await ApprovalUse.FindAsync(repository.Store, state, bundle.Request.Id, cancellationToken).ConfigureAwait(false));
    }

    private static async Task SaveAsync(RepositoryOptions options, ApprovalBundle bundle, CancellationToken cancellationToken)
    {
        var repository = await SnapshotRepository.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using var close = repository.ConfigureAwait(false);
        await new RequestStore(repository.Store).SaveAsync(bundle, cancellationToken).ConfigureAwait(false);
    }
}
