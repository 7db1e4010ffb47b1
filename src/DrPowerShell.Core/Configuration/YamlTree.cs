namespace DrPowerShell.Core.Configuration;

/// <summary>A part of a YAML document, with the place where it stands; anchors are resolved.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
public abstract record YamlTree(int Line, int Column);

/// <summary>A scalar.</summary>
/// <param name="Text">Its value as written, quotes and escapes taken away.</param>
/// <param name="IsPlain">Written without quotes: only then may it be a number, a boolean or null.</param>
public sealed record YamlScalar(int Line, int Column, string Text, bool IsPlain) : YamlTree(Line, Column)
{
    public bool IsNull => IsPlain && Text is "" or "~" or "null";
}

/// <summary>A list.</summary>
public sealed record YamlList(int Line, int Column, IReadOnlyList<YamlTree> Items) : YamlTree(Line, Column);

/// <summary>A mapping, in the order of the file; the reader has refused keys that are not scalars and keys that occur twice.</summary>
public sealed record YamlMap(int Line, int Column, IReadOnlyList<YamlEntry> Entries) : YamlTree(Line, Column);

/// <summary>One entry of a mapping.</summary>
public sealed record YamlEntry(YamlScalar Key, YamlTree Value);
