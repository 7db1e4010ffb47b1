using DrPowerShell.Core.Approvals;

namespace DrPowerShell.Module.Approvals;

/// <summary>An approved request as <c>-Approval</c> takes it: its file, its id in the repository, or what Get-RecoveryRequest returned.</summary>
public sealed class ApprovalReference
{
    /// <summary>The path of a file, or the id of a request in the repository.</summary>
    public ApprovalReference(string text) => Text = text;

    /// <summary>A file.</summary>
    public ApprovalReference(FileInfo file) => Text = file.FullName;

    /// <summary>A request that Get-RecoveryRequest, New-RecoveryRequest or Approve-RecoveryRequest returned.</summary>
    public ApprovalReference(RecoveryRequestInfo request) => Text = request.Path ?? request.Id;

    /// <summary>The path or id.</summary>
    public string Text { get; }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
