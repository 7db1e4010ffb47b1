using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Configuration;

/// <summary>An estate file is no YAML.</summary>
public sealed class EstateNotReadableException(string file, int line, int column, string reason) : RecoveryException(
    FailureKind.InvalidData,
    file,
    $"{file}({line},{column}): {reason}",
    "Correct the file at that place; Test-RecoveryEstate checks it without touching anything.")
{
    public int Line { get; } = line;

    public int Column { get; } = column;

    /// <summary>What is wrong there, as a sentence.</summary>
    public string Reason { get; } = reason;
}
