using System.Management.Automation;

namespace DrPowerShell.Host.Tests.Probe;

// Without documentation on purpose: the help build must name every gap.
[Cmdlet(VerbsDiagnostic.Test, "Probe")]
public sealed class TestProbeCommand : PSCmdlet
{
    [Parameter]
    public SwitchParameter Undocumented { get; set; }
}
