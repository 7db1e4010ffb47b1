using System.Management.Automation;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;

namespace DrPowerShell.Module.Commands;

/// <summary>Shows requests: what would run, who approved it, whether it can still be used.</summary>
/// <remarks>
/// <para>
/// Every signature is checked; a request or an approval of which one byte was changed is an error. With an estate that names the cluster's
/// approvers only their approvals count, and State says Approved when there are enough. Used is what this machine knows, and the repository
/// where one was named.
/// </para>
/// </remarks>
/// <example>
/// <para>See who has approved a request.</para>
/// <code>Get-RecoveryRequest ./request.json | Select-Object Id, State, ApprovedBy, Required, Expires</code>
/// </example>
/// <example>
/// <para>Read what a request in the repository would do, before approving it.</para>
/// <code>$request = Get-RecoveryRequest -Repository offsite | Where-Object State -eq Open
/// $request.Plan.Steps
/// $request.Limits</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "RecoveryRequest", DefaultParameterSetName = ByPath)]
[OutputType(typeof(RecoveryRequestInfo))]
public sealed class GetRecoveryRequestCommand : RepositoryCmdlet
{
    private const string ByPath = "Path";
    private const string ByLiteralPath = "LiteralPath";
    private const string ByRepository = "Repository";

    /// <summary>Files that hold requests; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ByPath)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Files that hold requests, taken literally.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByLiteralPath)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The repository: a name from the estate, a URI such as s3://bucket/prefix, a folder, or what Get-SnapshotRepository returned.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByRepository)]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public override RepositoryReference? Repository { get; set; }

    /// <summary>Only the requests with these ids.</summary>
    [Parameter(ParameterSetName = ByRepository)]
    [ValidateNotNullOrEmpty]
    public string[]? Id { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var (estate, state) = (Session.EstateIfAny, SessionPaths.State(this));
        if (ParameterSetName == ByRepository)
        {
            var (options, where) = (ResolveRepository(), Where(Repository!));
            Run((output, token) => ListAsync(options, where, state, Show, output, token));
            return;
        }

        foreach (var file in ResolveFiles(ParameterSetName == ByPath ? Path : LiteralPath, ParameterSetName == ByLiteralPath))
        {
            RunItem(file, async (output, token) =>
            {
                var bundle = ApprovalBundle.ReadFile(file);
                output.WriteObject(Show(bundle, await ApprovalUse.FindAsync(store: null, state, bundle.Request.Id, token).ConfigureAwait(false)) with { Path = file });
            });
        }

        RecoveryRequestInfo Show(ApprovalBundle bundle, UseMark? used) =>
            RecoveryRequestInfo.Of(bundle, estate?.Clusters.GetValueOrDefault(bundle.Request.Plan.Target)?.Approval, used, TimeProvider.System.GetUtcNow());
    }

    private async Task ListAsync(
        RepositoryOptions options, string where, string state, Func<ApprovalBundle, UseMark?, RecoveryRequestInfo> show, IPipelineOutput output, CancellationToken cancellationToken)
    {
        var repository = await SnapshotRepository.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using var close = repository.ConfigureAwait(false);
        var requests = new RequestStore(repository.Store);
        var ids = new List<string>(Id ?? []);
        if (Id is null)
        {
            await foreach (var id in requests.ListAsync(cancellationToken).ConfigureAwait(false))
            {
                ids.Add(id);
            }
        }

        foreach (var id in ids)
        {
            try
            {
                var bundle = await requests.ReadAsync(id, cancellationToken).ConfigureAwait(false);
                var used = await ApprovalUse.FindAsync(repository.Store, state, id, cancellationToken).ConfigureAwait(false);
                output.WriteObject(show(bundle, used) with { Repository = where });
            }
            catch (RecoveryException e)
            {
                output.WriteError(e, id);
            }
        }
    }
}
