namespace DrPowerShell.Core.Configuration;

/// <summary>One mistake in an estate file.</summary>
/// <param name="File">The file.</param>
/// <param name="Line">From 1; 0 where it is about the file itself.</param>
/// <param name="Column">From 1; 0 where it is about the file itself.</param>
/// <param name="Key">The keys that lead there, such as <c>repositories.offsite.lock.days</c>; empty at the top.</param>
/// <param name="Found">What stands there. Never a secret.</param>
/// <param name="Expected">What was expected; empty where <paramref name="Found"/> says it all in a sentence.</param>
public sealed record EstateMistake(string File, int Line, int Column, string Key, string Found, string Expected)
{
    /// <summary>The mistake in one sentence.</summary>
    public string Text => $"{(Key.Length == 0 ? "" : Key + ": ")}{(Expected.Length == 0 ? Found : $"found {Found}, expected {Expected}.")}";

    /// <summary>Place and sentence in one line, as compilers write it.</summary>
    public override string ToString() => Line > 0 ? $"{File}({Line},{Column}): {Text}" : $"{File}: {Text}";
}
