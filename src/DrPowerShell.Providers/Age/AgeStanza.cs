namespace DrPowerShell.Providers.Age;

/// <summary>One recipient stanza of a header: its type, its arguments, and its body (for the known types the wrapped file key).</summary>
internal sealed record AgeStanza(string Type, IReadOnlyList<string> Arguments, byte[] Body)
{
    /// <summary>What a user can know of whom it is for.</summary>
    public override string ToString() => Type switch
    {
        X25519Stanza.Type => "an X25519 recipient",
        ScryptStanza.Type => "a passphrase",
        "ssh-ed25519" or "ssh-rsa" when Arguments.Count > 0 => $"an {Type} key with the tag {Arguments[0]}",
        _ => $"a recipient of type {Type}",
    };
}
