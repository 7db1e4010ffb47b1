using System.Management.Automation;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Commands;

/// <summary>Makes a key pair for encrypted backups: the identity goes into a file, the recipient comes out.</summary>
/// <remarks>
/// <para>
/// The recipient (age1…) is public: name it in the estate, and backups are encrypted to it. The identity opens them. It is in the file alone,
/// which only its owner may read, and is shown nowhere. The file is as age-keygen writes it, so that age opens the backups too.
/// </para>
/// <para>
/// Keep the identity away from the machine that makes the backups, in two places at least: whoever loses it loses every backup encrypted to it.
/// An existing file is never overwritten.
/// </para>
/// </remarks>
/// <example>
/// <para>Make a key, and see what belongs into the estate.</para>
/// <code>$key = New-SnapshotEncryptionKey -Path ./offsite.key
/// $key.Recipient</code>
/// <para>Backups to that recipient are read with -Identity ./offsite.key.</para>
/// </example>
/// <example>
/// <para>Make one key for each of two people, either of whom shall be able to restore.</para>
/// <code>'alice', 'bob' | ForEach-Object { New-SnapshotEncryptionKey -Path "./$_.key" }</code>
/// </example>
[Cmdlet(VerbsCommon.New, "SnapshotEncryptionKey", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(EncryptionKeyFile))]
public sealed class NewSnapshotEncryptionKeyCommand : DrCmdlet
{
    /// <summary>The file to write the identity to, which must not exist.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <inheritdoc/>
    protected override void Process()
    {
        var path = ResolveDestination(Path);
        if (ShouldProcess(path, "Write a new private key"))
        {
            WriteObject(EncryptionKeyFile.Create(path, TimeProvider.System));
        }
    }
}
