using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Checks.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Makes one business check; its result is published as <c>check.NAME</c>, whether it passed or not.</summary>
internal sealed class CheckStep(RestoreScope scope, CheckSection check, CheckTools tools) : RunbookStep
{
    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var world = new CheckWorld
        {
            Host = scope.World.Host,
            Cluster = token => scope.ConnectAsync(token),
            SnapshotCount = (prefix, token) => RestoreImage.CountAsync(scope, context, prefix, token),
            Scripts = tools.Scripts,
            Secrets = tools.Secrets,
            Clock = context.Time,
        };
        var result = await BusinessCheck.RunAsync(check, world, new Attempts(context), cancellationToken).ConfigureAwait(false);
        await context.RecordAsync(CheckSteps.Fact + check.Name, result, cancellationToken).ConfigureAwait(false);
        context.Text = result.Text;
        if (!result.Passed)
        {
            throw new BusinessCheckFailedException(result);
        }
    }

    private sealed class Attempts(StepContext context) : IProgress<string>
    {
        public void Report(string value) => context.Report(value);
    }
}

/// <summary>What the checks of a plan need besides the plan: it must not be written down, or belongs to the session.</summary>
public sealed record CheckTools
{
    public static CheckTools None { get; } = new();

    /// <summary>Runs scripts; null where there is no session.</summary>
    public IScriptRunner? Scripts { get; init; }

    /// <summary>The values of the secrets that the checks refer to.</summary>
    public IReadOnlyDictionary<SecretReference, string> Secrets { get; init; } = new Dictionary<SecretReference, string>();
}

/// <summary>Makes the steps that verify the business: from the plan alone, so that a run that is resumed elsewhere has the same ones.</summary>
public static class CheckSteps
{
    /// <summary>The beginning of the names of the facts with results.</summary>
    public const string Fact = "check.";

    // A check ends itself at its deadline and says what it last saw; this is for one that hangs.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    /// <summary>One step a check, all side by side.</summary>
    /// <param name="plan">The plan, with its checks.</param>
    /// <param name="world">What is outside.</param>
    /// <param name="tools">What the checks need besides.</param>
    public static IReadOnlyList<RunbookStep> Of(RestorePlan plan, IRestoreWorld world, CheckTools tools)
    {
        var scope = new RestoreScope(plan, world);
        return [.. CheckJson.Read(plan.Checks).Select(check => new CheckStep(scope, check, tools)
        {
            Id = "check-" + check.Name,
            Phase = RecoveryPhase.Verify,
            Host = check.Type == CheckKind.Command ? check.Host ?? "local" : "local",
            Title = $"check {check.Name}: {Question(check)}",
            Timeout = check.Deadline + Grace,
            Estimate = TimeSpan.FromSeconds(1),
            Commands = check switch { { Command: { } command } => [command], { Script: { } script } => [script], _ => [] },
        })];
    }

    /// <summary>The machines that the checks run commands on, by the estate's names.</summary>
    public static IReadOnlyList<string> Hosts(IEnumerable<CheckSection> checks) =>
        [.. checks.Where(check => check.Type == CheckKind.Command).Select(check => check.Host).OfType<string>().Distinct(StringComparer.Ordinal)];

    // What a query string holds may be a secret.
    private static string Question(CheckSection check) => check.Type switch
    {
        CheckKind.Http => $"GET {check.Url?.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)}",
        CheckKind.Tcp => $"{check.Host}:{check.Port} is open",
        CheckKind.Dns => $"{check.Host} {(check.Record ?? DnsRecordType.A).ToString().ToUpperInvariant()} in DNS",
        CheckKind.Sql => $"a query on {check.Host}",
        CheckKind.EtcdKey => check.Prefix is { } prefix ? $"keys below {prefix}" : $"the key {check.Key}",
        CheckKind.KubernetesCount => $"{check.Resource} are there",
        CheckKind.Command => "a command succeeds",
        _ => $"{Path.GetFileName(check.Script)} succeeds",
    };
}
