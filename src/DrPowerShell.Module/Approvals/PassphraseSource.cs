using System.Management.Automation;
using System.Security;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Approvals;

/// <summary>A passphrase as a parameter takes it: a SecureString, or a reference to where it is kept (env:NAME, file:PATH, secret:VAULT/NAME).</summary>
public sealed class PassphraseSource
{
    private readonly SecureString? _secret;
    private readonly SecretReference? _reference;

    /// <summary>A passphrase that was typed.</summary>
    public PassphraseSource(SecureString secret) => _secret = secret;

    internal PassphraseSource(SecretReference reference) => _reference = reference;

    /// <inheritdoc/>
    public override string ToString() => _reference?.ToString() ?? "***";

    internal string Read(ISecretSource secrets) => _reference is null ? DecryptionKeySource.Plain(_secret)! : secrets.Read(_reference);
}

/// <summary>Lets a passphrase parameter take references, and refuses plain text without repeating it: the engine's own conversion would show it.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PassphraseTransformAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        PassphraseSource source => source,
        SecureString secret => new PassphraseSource(secret),
        string text when SecretReference.TryParse(text, engineIntrinsics.SessionState.Path.CurrentFileSystemLocation.ProviderPath, out var reference) => new PassphraseSource(reference),
        _ => throw new ArgumentTransformationMetadataException("A passphrase is a SecureString (Read-Host -AsSecureString) or a reference: env:NAME, file:PATH or secret:VAULT/NAME."),
    };
}
