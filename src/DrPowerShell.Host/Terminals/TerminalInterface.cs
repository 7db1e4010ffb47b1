using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace DrPowerShell.Host.Terminals;

/// <summary>What the engine writes to and asks at: results to standard output, everything said about them to standard error.</summary>
internal sealed class TerminalInterface(Terminal terminal, Questions questions) : PSHostUserInterface
{
    private readonly ProgressView _progress = new(terminal, TimeProvider.System);

    /// <inheritdoc/>
    public override PSHostRawUserInterface RawUI { get; } = new TerminalRawInterface(terminal);

    /// <inheritdoc/>
    public override bool SupportsVirtualTerminal => terminal.ColourOutput;

    /// <inheritdoc/>
    public override void Write(string value) => terminal.Write(Plain(value));

    /// <inheritdoc/>
    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => terminal.Write(Plain(value));

    /// <inheritdoc/>
    public override void WriteLine(string value) => terminal.WriteLine(Plain(value));

    /// <inheritdoc/>
    public override void WriteErrorLine(string value) => terminal.WriteErrorLine(value, Colour.Red);

    /// <inheritdoc/>
    public override void WriteWarningLine(string message) => terminal.WriteErrorLine("WARNING: " + message, Colour.Yellow);

    /// <inheritdoc/>
    public override void WriteVerboseLine(string message) => terminal.WriteErrorLine("VERBOSE: " + message, Colour.Cyan);

    /// <inheritdoc/>
    public override void WriteDebugLine(string message) => terminal.WriteErrorLine("DEBUG: " + message, Colour.Grey);

    /// <inheritdoc/>
    public override void WriteProgress(long sourceId, ProgressRecord record) => _progress.Show(sourceId, record);

    /// <inheritdoc/>
    public override string ReadLine() => questions.ReadLine();

    /// <inheritdoc/>
    public override SecureString ReadLineAsSecureString() => questions.ReadSecret();

    /// <inheritdoc/>
    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
        questions.AskFields(caption, message, descriptions);

    /// <inheritdoc/>
    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
        questions.AskChoice(caption, message, choices, defaultChoice);

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        questions.AskCredential(caption, message, userName);

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
        questions.AskCredential(caption, message, userName);

    /// <summary>The formatter colours its text always; it is the host that takes the colours out for a file.</summary>
    private string Plain(string text) => GetOutputString(text, SupportsVirtualTerminal);
}
