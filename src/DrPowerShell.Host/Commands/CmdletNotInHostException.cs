using System.Management.Automation;

namespace DrPowerShell.Host.Commands;

/// <summary>A script calls a cmdlet that pwsh brings and this host does not.</summary>
internal sealed class CmdletNotInHostException : RuntimeException
{
    private readonly string _cmdlet;
    private ErrorRecord? _record;

    public CmdletNotInHostException(string cmdlet, string? module)
        : base($"{cmdlet} belongs to {module}, which comes with pwsh and not with drps.")
    {
        _cmdlet = cmdlet;

        // As after a throw: a script that lacks a cmdlet must end here, not run on without what it asked for.
        WasThrownFromThrowStatement = true;
    }

    /// <inheritdoc/>
    public override ErrorRecord ErrorRecord => _record ??= Record();

    private ErrorRecord Record() =>
        new(new ParentContainsErrorRecordException(this), "CmdletNotInHost", ErrorCategory.ObjectNotFound, _cmdlet)
        {
            ErrorDetails = new ErrorDetails(Message)
            {
                RecommendedAction = "run the script in PowerShell 7.4 or later (pwsh). drps has the engine's Core cmdlets and DrPowerShell only.",
            },
        };
}
