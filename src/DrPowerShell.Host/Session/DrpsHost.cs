using System.Globalization;
using System.Management.Automation.Host;
using DrPowerShell.Host.Terminals;

namespace DrPowerShell.Host.Session;

/// <summary>The host as the engine and scripts see it (<c>$Host</c>).</summary>
internal sealed class DrpsHost(TerminalInterface userInterface, Terminal terminal) : PSHost
{
    /// <inheritdoc/>
    public override string Name => "drps";

    /// <inheritdoc/>
    public override Version Version => ProgramVersion.Number;

    /// <inheritdoc/>
    public override Guid InstanceId { get; } = Guid.NewGuid();

    /// <inheritdoc/>
    public override CultureInfo CurrentCulture { get; } = CultureInfo.CurrentCulture;

    /// <inheritdoc/>
    public override CultureInfo CurrentUICulture { get; } = CultureInfo.CurrentUICulture;

    /// <inheritdoc/>
    public override PSHostUserInterface UI => userInterface;

    /// <summary>What <c>exit</c> asked for, null as long as nothing did.</summary>
    public int? ExitCode { get; private set; }

    /// <inheritdoc/>
    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    /// <inheritdoc/>
    public override void EnterNestedPrompt() => throw new NotSupportedException("drps runs scripts and commands; it has no prompt of its own.");

    /// <inheritdoc/>
    public override void ExitNestedPrompt()
    {
    }

    /// <inheritdoc/>
    public override void NotifyBeginApplication() => terminal.HideBar();

    /// <inheritdoc/>
    public override void NotifyEndApplication()
    {
    }
}
