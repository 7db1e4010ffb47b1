using DrPowerShell.Core.Configuration;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Restores.Plans.Errors;

/// <summary>There is no such plan.</summary>
public sealed class RestorePlanNotFoundException(string path) : RecoveryException(
    FailureKind.NotFound, path, $"There is no restore plan '{path}'.", "Check the path, or write the plan; the module's folder has its schema.");

/// <summary>A plan is no YAML.</summary>
public sealed class RestorePlanNotReadableException(string file, int line, int column, string reason) : RecoveryException(
    FailureKind.InvalidData, file, $"{file}({line},{column}): {reason}", "Correct the plan at that place.")
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}

/// <summary>A plan could have been written by somebody else, who would then decide what runs.</summary>
public sealed class RestorePlanNotTrustedException(string file, string reason, string remedy) : RecoveryException(
    FailureKind.Security, file, $"The restore plan '{file}' is not trusted: {reason}.", $"Look at what is in it, then run: {remedy}");

/// <summary>A plan has mistakes; all of them are told at once.</summary>
public sealed class RestorePlanNotValidException(string file, IReadOnlyList<EstateMistake> mistakes) : RecoveryException(
    FailureKind.InvalidData, file, Message(file, mistakes), "Correct the plan; editors complete it by the schema in the module's folder.")
{
    private const int Shown = 20;

    public IReadOnlyList<EstateMistake> Mistakes { get; } = mistakes;

    private static new string Message(string file, IReadOnlyList<EstateMistake> mistakes)
    {
        var lines = mistakes.Take(Shown).Select(mistake => mistake.ToString());
        var rest = mistakes.Count > Shown ? [$"… and {mistakes.Count - Shown} more."] : Array.Empty<string>();
        return string.Join(Environment.NewLine, [$"The restore plan '{file}' has {(mistakes.Count == 1 ? "a mistake" : $"{mistakes.Count} mistakes")}:", .. lines, .. rest]);
    }
}
