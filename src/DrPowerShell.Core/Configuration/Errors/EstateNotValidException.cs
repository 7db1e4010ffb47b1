using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Configuration.Errors;

/// <summary>An estate file has mistakes; all of them are told at once.</summary>
public sealed class EstateNotValidException(string file, IReadOnlyList<EstateMistake> mistakes) : RecoveryException(
    FailureKind.InvalidData,
    file,
    Message(file, mistakes),
    "Correct the file; Test-RecoveryEstate lists every mistake as an object, and editors complete it by the schema in the module's folder.")
{
    private const int Shown = 20;

    public IReadOnlyList<EstateMistake> Mistakes { get; } = mistakes;

    private static new string Message(string file, IReadOnlyList<EstateMistake> mistakes)
    {
        var lines = mistakes.Take(Shown).Select(mistake => mistake.ToString());
        var rest = mistakes.Count > Shown ? [$"… and {mistakes.Count - Shown} more."] : Array.Empty<string>();
        return string.Join(Environment.NewLine, [$"The estate '{file}' has {(mistakes.Count == 1 ? "a mistake" : $"{mistakes.Count} mistakes")}:", .. lines, .. rest]);
    }
}
