using System.Management.Automation;

namespace DrPowerShell.Host.Tests.Probe;

/// <summary>Does to the host whatever a cmdlet may do to one.</summary>
/// <remarks>
/// <para>The first paragraph names <see cref="TestProbeCommand"/> and <see cref="Act"/>.</para>
/// <para>The second one has a list:</para>
/// <list type="bullet"><item>one</item><item>two</item></list>
/// </remarks>
/// <example>
/// <para>Write progress</para>
/// <code>
/// Invoke-Probe -Act Progress |
///     ForEach-Object { $_ }
/// </code>
/// <para>It takes a moment.</para>
/// </example>
/// <example>
/// <para>Write a warning</para>
/// <code>Invoke-Probe Warning</code>
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "Probe", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ProbeResult))]
public sealed class InvokeProbeCommand : ProbeBase, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>What to do.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [Alias("Do")]
    public ProbeAct Act { get; set; }

    /// <summary>A path, with wildcards.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    public string? Path { get; set; }

    /// <inheritdoc/>
    [Parameter]
    public override int Overridden { get; set; } = 4;

    public void Dispose() => _stopping.Dispose();

    protected override void StopProcessing() => _stopping.Cancel();

    protected override void ProcessRecord()
    {
        switch (Act)
        {
            case ProbeAct.Progress:
                for (var step = 0; step <= 100; step++)
                {
                    WriteProgress(new ProgressRecord(1, "Copying", $"{step} of 100 MB") { PercentComplete = step, SecondsRemaining = 2 });
                }

                WriteProgress(new ProgressRecord(1, "Copying", "done") { RecordType = ProgressRecordType.Completed });
                WriteObject("copied");
                break;
            case ProbeAct.Warning:
                WriteWarning("take care");
                WriteVerbose("why");
                WriteDebug("how");
                WriteInformation(new InformationRecord("by the way", "probe"));
                break;
            case ProbeAct.Error:
                WriteError(Failure("it went wrong"));
                WriteObject("went on");
                break;
            case ProbeAct.Terminate:
                ThrowTerminatingError(Failure("it cannot go on"));
                break;
            case ProbeAct.Change:
                WriteObject(ShouldProcess("the target", "Change") ? "changed" : "left alone");
                break;
            case ProbeAct.AskLine:
                WriteObject("line=" + Host.UI.ReadLine());
                break;
            case ProbeAct.AskSecret:
                WriteObject("length=" + Host.UI.ReadLineAsSecureString().Length);
                break;
            case ProbeAct.AskCredential:
                var credential = Host.UI.PromptForCredential("Sign in", "Who are you?", "", "");
                WriteObject($"{credential.UserName}/{credential.GetNetworkCredential().Password}");
                break;
            case ProbeAct.Wait:
                WriteObject("waiting");
                _stopping.Token.WaitHandle.WaitOne(TimeSpan.FromMinutes(1));
                if (Path is not null)
                {
                    File.WriteAllText(Path, "cleaned up");
                }

                break;
            default:
                throw new NotSupportedException(Act.ToString());
        }
    }

    private static ErrorRecord Failure(string text) => new(new InvalidOperationException(text), "ProbeFailed", ErrorCategory.NotSpecified, "target")
    {
        ErrorDetails = new ErrorDetails(text) { RecommendedAction = "try the other way:  Invoke-Probe Change\nor ask somebody." },
    };
}

/// <summary>What a probe returns.</summary>
public sealed record ProbeResult(string Text);

public enum ProbeAct
{
    Progress,
    Warning,
    Error,
    Terminate,
    Change,
    AskLine,
    AskSecret,
    AskCredential,
    Wait,
}
