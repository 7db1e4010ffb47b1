using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace DrPowerShell.Core.Secrets;

/// <summary>Where a secret is kept: <c>env:NAME</c>, <c>file:PATH</c> or <c>secret:VAULT/NAME</c>. It never holds the secret itself.</summary>
public sealed partial record SecretReference
{
    /// <summary>What a reference looks like, as a regular expression for schemas.</summary>
    public const string Pattern = "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.*[^ ].*|secret:[^/]+/.+)$";

    private SecretReference(SecretKind kind, string? vault, string name) => (Kind, Vault, Name) = (kind, vault, name);

    public SecretKind Kind { get; }

    /// <summary>The vault; null where the secret is in none.</summary>
    public string? Vault { get; }

    /// <summary>The variable, the file's path or the name in the vault.</summary>
    public string Name { get; }

    /// <summary>Reads a reference.</summary>
    /// <param name="text">The text.</param>
    /// <param name="folder">The folder that a relative file path is read from.</param>
    /// <param name="reference">The reference.</param>
    public static bool TryParse(string text, string folder, [NotNullWhen(true)] out SecretReference? reference)
    {
        reference = !Shape().IsMatch(text) ? null : text[..text.IndexOf(':', StringComparison.Ordinal)] switch
        {
            "env" => new(SecretKind.Environment, null, text[4..]),
            "file" when text.Contains('\0', StringComparison.Ordinal) => null,
            "file" => new(SecretKind.File, null, Configuration.EstatePath.Full(text[5..], folder)),
            _ => text[7..].Split('/', 2) is [var vault, var name] ? new(SecretKind.Vault, vault, name) : null,
        };
        return reference is not null;
    }

    /// <summary>The reference as it is written in an estate.</summary>
    public override string ToString() => Kind switch
    {
        SecretKind.Environment => "env:" + Name,
        SecretKind.File => "file:" + Name,
        _ => $"secret:{Vault}/{Name}",
    };

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shape();
}

/// <summary>What keeps a secret.</summary>
public enum SecretKind
{
    /// <summary>A variable of this process' environment.</summary>
    Environment,

    /// <summary>A file; one line break at its end does not count.</summary>
    File,

    /// <summary>A vault of SecretManagement.</summary>
    Vault,
}
