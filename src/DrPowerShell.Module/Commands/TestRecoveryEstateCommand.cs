using System.Management.Automation;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Configuration.Errors;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Commands;

/// <summary>Checks an estate file and lists every mistake in it, without touching anything that it names.</summary>
/// <remarks>
/// <para>
/// Only the file itself is read: no network, no secret, none of the files that it names. All mistakes come at once, each with line and column,
/// what was found and what was expected: unknown keys with the nearest known one, wrong types, addresses, durations, sizes, time zones, cron
/// expressions and recipients that are none, names that nothing in the file defines, keys that exclude or need each other, and whether others
/// may write the file.
/// </para>
/// <para>
/// IsValid is false where there is any. For a scheduled task or a check before a merge add -FailOn Error, which ends in a terminating error after the result was
/// written.
/// </para>
/// </remarks>
/// <example>
/// <para>List the mistakes of a file.</para>
/// <code>(Test-RecoveryEstate ./dr.yaml).Mistakes</code>
/// <para>One line a mistake, in the order of the file.</para>
/// </example>
/// <example>
/// <para>Let a pipeline fail on a mistake.</para>
/// <code>Test-RecoveryEstate ./dr.yaml -FailOn Error</code>
/// <para>Ends with EstateNotValid where there is a mistake.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "RecoveryEstate")]
[OutputType(typeof(EstateTestResult))]
public sealed class TestRecoveryEstateCommand : DrCmdlet
{
    private EstateNotValidException? _failed;

    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Estate", "FullName")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>End in a terminating error, after the results were written, when there is a mistake. Every mistake is an Error.</summary>
    [Parameter]
    [ValidateSet(nameof(FindingSeverity.Warning), nameof(FindingSeverity.Error))]
    public FindingSeverity? FailOn { get; set; }

    /// <inheritdoc/>
    protected override void Process() => Item(Path, () =>
    {
        var result = EstateFile.Test((Path ?? SessionPaths.Named(EstateFile.Variable)) is { } named ? ResolveDestination(named) : null);
        WriteObject(result);
        if (FailOn is not null && !result.IsValid)
        {
            _failed ??= new EstateNotValidException(result.Path, result.Mistakes);
        }
    }, terminating: FailOn is not null || !MyInvocation.ExpectingInput);

    /// <inheritdoc/>
    protected override void End()
    {
        if (_failed is not null)
        {
            throw _failed;
        }
    }
}
