using System.Buffers;
using System.Security.Cryptography;

namespace DrPowerShell.Core.Repositories;

/// <summary>The names of parts in a folder, here or behind SSH: <c>.NAME.part-XXXXXXXX</c>, X being lowercase hexadecimal digits, in the folder of the object that is written.</summary>
public static class FolderPart
{
    private const string Mark = ".part-";
    private const int Digits = 8;

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>A new part's path for an object's path.</summary>
    public static string NewPath(string path) => Path.Combine(Path.GetDirectoryName(path)!, NewName(Path.GetFileName(path)));

    /// <summary>A new part's file name for an object's file name.</summary>
    public static string NewName(string file) => $".{file}{Mark}{RandomNumberGenerator.GetHexString(Digits, lowercase: true)}";

    /// <summary>Whether a file's name is a part's.</summary>
    public static bool IsPart(string file) =>
        file.Length > 1 + Mark.Length + Digits
        && file[0] == '.'
        && file.AsSpan(0, file.Length - Digits).EndsWith(Mark, StringComparison.Ordinal)
        && !file.AsSpan(file.Length - Digits).ContainsAnyExcept(Hexadecimal);

    /// <summary>The name of the object that a part belongs to.</summary>
    public static string NameOf(string part)
    {
        var file = part.LastIndexOf('/') + 1;
        return string.Concat(part.AsSpan(0, file), part.AsSpan(file + 1, part.Length - file - 1 - Mark.Length - Digits));
    }
}
