using System.Diagnostics;
using System.Management.Automation;

namespace DrPowerShell.Host.Commands;

/// <summary>Stands in for a cmdlet that only pwsh has, whatever it is called with, and says so.</summary>
/// <remarks>
/// A handler of the engine's "command not found" event cannot throw: the engine swallows it. It can only name a command that runs instead.
/// </remarks>
[Cmdlet("Use", "Pwsh")]
public sealed class AbsentCmdlet : PSCmdlet
{
    /// <summary>Whatever was passed.</summary>
    [Parameter(ValueFromRemainingArguments = true)]
    public object[] Argument { get; set; } = [];

    /// <summary>Whatever was piped.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Makes calls of absent cmdlets end in <see cref="CmdletNotInHostException"/>.</summary>
    internal static void Resolve(object? sender, CommandLookupEventArgs lookup)
    {
        if (PowerShellCatalog.FindModule(lookup.CommandName) is not null && IsCall())
        {
            lookup.Command = new CmdletInfo(lookup.CommandName, typeof(AbsentCmdlet));
        }
    }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        // The name is the catalogue's: an alias has been followed by now.
        var name = MyInvocation.MyCommand.Name;
        throw new CmdletNotInHostException(name, PowerShellCatalog.FindModule(name));
    }

    /// <summary>Whether the name is about to be run: Get-Command asks too, and must be told that there is none.</summary>
    private static bool IsCall() => new StackTrace(fNeedFileInfo: false).GetFrames()
        .Any(frame => frame.GetMethod() is { Name: "LookupCommandProcessor", DeclaringType.Name: "CommandDiscovery" });
}
