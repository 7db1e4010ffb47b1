using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>A step that works on one member's machine.</summary>
internal abstract class MemberStep(RestoreScope scope, RestoreMember member) : RunbookStep
{
    protected RestoreScope Scope { get; } = scope;

    protected RestoreMember Member { get; } = member;

    protected IHost Machine => Scope.Host(Member);

    /// <summary>The name of a fact of this step.</summary>
    protected string Fact(string name) => $"{Id}.{name}";
}
