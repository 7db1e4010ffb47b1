using System.Management.Automation;

namespace DrPowerShell.Host.Tests.Probe;

/// <summary>What the probe cmdlets share.</summary>
public abstract class ProbeBase : PSCmdlet
{
    /// <summary>The shared parameter, described where it is declared.</summary>
    [Parameter]
    public virtual string[] Shared { get; set; } = [];

    /// <summary>Described by the base, overridden below.</summary>
    [Parameter]
    public virtual int Overridden { get; set; } = 3;
}
