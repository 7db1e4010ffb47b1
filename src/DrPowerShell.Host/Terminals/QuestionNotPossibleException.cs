using System.Management.Automation;
using System.Management.Automation.Host;

namespace DrPowerShell.Host.Terminals;

/// <summary>A question was to be asked and nobody is there to answer it.</summary>
internal sealed class QuestionNotPossibleException : HostException
{
    public QuestionNotPossibleException(string wanted, string? question)
        : base(Text(wanted, question), innerException: null, "QuestionNotPossible", ErrorCategory.ResourceUnavailable)
    {
        ErrorRecord.ErrorDetails = new ErrorDetails(Message)
        {
            RecommendedAction = "give what is asked for as a parameter, or approve beforehand with -Confirm:$false.",
        };
    }

    private static string Text(string wanted, string? question) =>
        $"This needs {wanted}, and no terminal is there to ask at.{(question is null ? "" : " The question was: " + question.ReplaceLineEndings(" "))}";
}
