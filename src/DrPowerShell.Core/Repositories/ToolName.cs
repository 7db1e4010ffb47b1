using System.Reflection;

namespace DrPowerShell.Core.Repositories;

/// <summary>What manifests and proofs say of the program and the machine that wrote them.</summary>
internal static class ToolName
{
    /// <summary>Such as "DrPowerShell 0.1.0".</summary>
    public static string Tool { get; } = "DrPowerShell " + (typeof(ToolName).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "").Split('+', ' ')[0];

    public static string Host { get; } = Environment.MachineName;
}
