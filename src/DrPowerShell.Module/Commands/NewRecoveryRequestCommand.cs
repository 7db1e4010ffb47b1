using System.Management.Automation;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Notifications;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Module.Approvals;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Commands;

/// <summary>Asks for a plan to be approved: what it does, what it may destroy, and why, signed with your key.</summary>
/// <remarks>
/// <para>
/// The request goes into a file, a repository, or both. Those whom the estate names under approval.approvers sign it with
/// Approve-RecoveryRequest; the restore takes it as -Approval then. A request serves one run of this very plan: where a step, a host, a script
/// or the snapshot is another one, it is refused.
/// </para>
/// <para>
/// What was measured when the plan was made is the limit of what the run may destroy. A cluster that is still written to loses more with every
/// minute: raise the limits with -AcceptKeysLost, -AcceptKeysReverted and -AcceptDataLoss, so that approvers see and sign them.
/// </para>
/// <para>
/// Notifiers that the estate names for the cluster (notify), and that listen to approval-requested, are told of the request.
/// </para>
/// <para>
/// A key is an ECDSA key as openssl ecparam -name prime256v1 -genkey -noout writes it; openssl ec -pubout makes the public one for the estate.
/// </para>
/// </remarks>
/// <example>
/// <para>Ask for the approval of a plan, and send the file to those who must approve.</para>
/// <code>$plan | New-RecoveryRequest -SigningKey ~/keys/dave.pem -Reason 'etcd-2 and etcd-3 lost their disks' -Path ./request.json</code>
/// <para>What comes out tells the request's id, its end, and how many must approve it.</para>
/// </example>
/// <example>
/// <para>Put the request where the approvers find it, for two hours, with room for what is still being written.</para>
/// <code>New-RecoveryRequest $plan -SigningKey ~/keys/dave.pem -SigningKeyPassphrase (Read-Host -AsSecureString) -Reason 'INC-4711' -Repository offsite -ValidFor 2h -AcceptKeysLost 500 -AcceptDataLoss 3h</code>
/// </example>
[Cmdlet(VerbsCommon.New, "RecoveryRequest", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(RecoveryRequestInfo))]
public sealed class NewRecoveryRequestCommand : SigningCmdlet
{
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);

    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>The plan: its steps, as Get-RecoveryPlan returned them.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public IApprovablePlan[] Plan { get; set; } = [];

    /// <summary>Why the plan must run, in one sentence.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string Reason { get; set; } = "";

    /// <summary>The file to write, which must not exist. This, -Repository, or both.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>How long the request may be used, such as 2h. The default is what the estate says (approval.validFor), and at most that counts; else a day.</summary>
    [Parameter]
    [DurationTransform]
    public TimeSpan? ValidFor { get; set; }

    /// <summary>How many keys may vanish at most. The default is the number that was measured.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? AcceptKeysLost { get; set; }

    /// <summary>How many keys may go back to an older content at most. The default is the number that was measured.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? AcceptKeysReverted { get; set; }

    /// <summary>How much may be lost at most, as a time such as 2h10m. The default is what the plan accepts, else what was measured.</summary>
    [Parameter]
    [DurationTransform]
    public TimeSpan? AcceptDataLoss { get; set; }

    /// <inheritdoc/>
    protected override void Begin()
    {
        if (Path is null && Repository is null)
        {
            throw new ParametersConflictException(nameof(Path), "Neither -Path nor -Repository says where the request goes.", "Give one of them, or both.");
        }

        if (ValidFor <= TimeSpan.Zero)
        {
            throw new ParametersConflictException(nameof(ValidFor), "-ValidFor must be longer than nothing.", "Give a time, such as -ValidFor 4h.");
        }
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (var one in Plan)
        {
            Item(one, () => Ask(one.ToSummary()), terminating: !MyInvocation.ExpectingInput);
        }
    }

    private void Ask(PlanSummary plan)
    {
        if (!_asked.Add(plan.Digest))
        {
            // Get-RecoveryPlan writes the steps of a plan one by one.
            return;
        }

        var policy = PolicyFor(plan.Target);
        var options = Repository is null ? null : ResolveRepository();
        var path = Path is null ? null : ResolveDestination(Path);
        using var signer = OpenSigner();
        var now = TimeProvider.System.GetUtcNow();
        var validFor = ValidFor ?? policy?.ValidFor ?? Day;
        // A snapshot's age grows until the request ends; what was approved is the snapshot of that time.
        var limits = new ImpactFigures
        {
            KeysLost = AcceptKeysLost ?? plan.Impact?.KeysLost,
            KeysReverted = AcceptKeysReverted ?? plan.Impact?.KeysReverted,
            Loss = AcceptDataLoss ?? plan.AcceptedLoss ?? (plan.Impact is { IsLossByAge: true } impact ? impact.Loss + validFor : plan.Impact?.Loss),
            SourceRevision = plan.Impact?.SourceRevision,
        };
        if (plan is { Source: { Sha256: not null, Snapshot: var snapshot }, Impact: null } && AcceptKeysLost is null)
        {
            // What comes from the cluster itself has no digest yet, and loses nothing that is left.
            WriteWarning($"How many keys are lost by restoring {snapshot} was not measured, so what is approved sets no limit to them. Make the plan with -MeasureImpact, or set one with -AcceptKeysLost.");
        }

        var name = Name ?? (policy is null ? null : ApprovalCheck.NameOf(policy, signer.KeyId, now)) ?? Environment.UserName;
        var bundle = ApprovalBundle.New(plan, limits, Reason, name, signer, now, validFor);
        if (!ShouldProcess(string.Join(", ", new[] { path, options?.Name }.OfType<string>()), $"Request the {plan.Kind} of {plan.Target} ({limits})"))
        {
            return;
        }

        if (path is not null)
        {
            RequestFile.Create(path, bundle);
        }

        if (options is not null)
        {
            Run((_, token) => SaveAsync(options, bundle, token));
        }

        if (policy is null)
        {
            WriteVerbose($"No estate says who must approve what is done to {plan.Target}.");
        }

        Tell(bundle.Request, policy, path ?? Where(Repository!), now);
        WriteObject(RecoveryRequestInfo.Of(bundle, policy, used: null, now) with { Path = path, Repository = Repository is null ? null : Where(Repository) });
    }

    // The request is made, whether or not somebody could be told of it.
    private void Tell(RecoveryRequest request, ApprovalSection? policy, string where, DateTimeOffset now)
    {
        var notifiers = Session.EstateIfAny?.NotifiersOf(request.Plan.Target, Session.Secrets, NoticeEvent.ApprovalRequested) ?? [];
        if (notifiers.Count > 0)
        {
            Run(async (output, token) =>
            {
                var sender = new NoticeSender(notifiers, Session.Redactor, output.WriteWarning);
                _ = sender.Send(NoticeText.Requested(request, policy is null ? null : (policy.Required, policy.Approvers.Keys), where, now));
                await sender.FlushAsync().WaitAsync(token).ConfigureAwait(false);
            });
        }
    }

    private static async Task SaveAsync(RepositoryOptions options, ApprovalBundle bundle, CancellationToken cancellationToken)
    {
        var repository = await SnapshotRepository.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using var close = repository.ConfigureAwait(false);
        await new RequestStore(repository.Store).SaveAsync(bundle, cancellationToken).ConfigureAwait(false);
    }
}
