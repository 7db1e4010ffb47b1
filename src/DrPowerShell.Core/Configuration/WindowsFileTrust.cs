using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using DrPowerShell.Core.Configuration.Errors;

namespace DrPowerShell.Core.Configuration;

/// <summary>The same judgement on Windows: by owner, and by who is allowed to write.</summary>
[SupportedOSPlatform("windows")]
internal static class WindowsFileTrust
{
    private const FileSystemRights Write =
        FileSystemRights.WriteData | FileSystemRights.AppendData | FileSystemRights.Delete | FileSystemRights.ChangePermissions | FileSystemRights.TakeOwnership;

    public static void Check(FileStream stream, string file)
    {
        Check(stream.GetAccessControl(), file, file);
        var folder = Path.GetDirectoryName(file)!;
        Check(new DirectoryInfo(folder).GetAccessControl(), file, folder);
    }

    private static void Check(FileSystemSecurity security, string file, string path)
    {
        using var identity = WindowsIdentity.GetCurrent();
        var self = identity.User;
        if (security.GetOwner(typeof(SecurityIdentifier)) is SecurityIdentifier owner && !IsTrusted(owner, self))
        {
            throw new EstateNotTrustedException(file, $"{path} belongs to {Name(owner)}", $"icacls \"{path}\" /setowner \"%USERNAME%\"");
        }

        foreach (FileSystemAccessRule rule in security.GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier)))
        {
            var writes = (int)(rule.FileSystemRights & Write) != 0;
            if (writes && rule.AccessControlType == AccessControlType.Allow && !IsTrusted((SecurityIdentifier)rule.IdentityReference, self))
            {
                throw new EstateNotTrustedException(file, $"{path} may be written by {Name(rule.IdentityReference)}", $"icacls \"{path}\" /inheritance:d /remove:g \"{Name(rule.IdentityReference)}\"");
            }
        }
    }

    private static bool IsTrusted(SecurityIdentifier one, SecurityIdentifier? self) => one == self
        || one.IsWellKnown(WellKnownSidType.LocalSystemSid)
        || one.IsWellKnown(WellKnownSidType.BuiltinAdministratorsSid)
        || one.IsWellKnown(WellKnownSidType.CreatorOwnerSid)
        // TrustedInstaller has no well-known type.
        || one.Value == "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

    private static string Name(IdentityReference one)
    {
        try
        {
            return one.Translate(typeof(NTAccount)).Value;
        }
        catch (IdentityNotMappedException)
        {
            return one.Value;
        }
    }
}
