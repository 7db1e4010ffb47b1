using System.Globalization;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Etcd.Files;

/// <summary>Whose a restored data directory shall be: owner, group, mode of its folder and SELinux label; null leaves a thing as it is.</summary>
public sealed record FileOwnership
{
    /// <summary>The numeric user id.</summary>
    public uint? User { get; init; }

    /// <summary>The numeric group id.</summary>
    public uint? Group { get; init; }

    /// <summary>The mode of the data directory itself; what is in it stays 0700 and 0600, as etcd makes it.</summary>
    public UnixFileMode? Mode { get; init; }

    internal byte[]? Label { get; init; }

    /// <summary>What a folder that is there has; empty on Windows.</summary>
    public static FileOwnership Of(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new FileOwnership();
        }

        var owner = LinuxFileSystem.OwnerOf(folder);
        return new FileOwnership
        {
            User = owner?.User,
            Group = owner?.Group,
            Mode = File.GetUnixFileMode(folder),
            Label = LinuxFileSystem.LabelOf(folder),
        };
    }

    /// <summary>Reads an owner as chown takes it: a name or a number for the user and for the group, either may be missing.</summary>
    /// <exception cref="UserNotFoundException">The machine knows no such user or group.</exception>
    /// <param name="mode">The mode in octal, such as 0750.</param>
    /// <param name="label">The SELinux label, such as <c>system_u:object_r:etcd_t:s0</c>.</param>
    /// <exception cref="FileModeInvalidException">The mode is no octal number up to 7777.</exception>
    public static FileOwnership Parse(string? user, string? group, string? mode = null, string? label = null) => new()
    {
        Mode = string.IsNullOrEmpty(mode) ? null : ParseMode(mode),
        // The attribute's value ends in a zero byte, as the kernel gives it.
        Label = string.IsNullOrEmpty(label) ? null : [.. System.Text.Encoding.UTF8.GetBytes(label), 0],
        User = string.IsNullOrEmpty(user) ? null : Number(user) ?? Lookup(user, isGroup: false),
        Group = string.IsNullOrEmpty(group) ? null : Number(group) ?? Lookup(group, isGroup: true),
    };

    /// <summary>What is set here, and the rest from another one.</summary>
    public FileOwnership Or(FileOwnership other) => new()
    {
        User = User ?? other.User,
        Group = Group ?? other.Group,
        Mode = Mode ?? other.Mode,
        Label = Label ?? other.Label,
    };

    internal void Apply(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        if (LinuxFileSystem.OwnerOf(path) is { } now && ((User ?? now.User) != now.User || (Group ?? now.Group) != now.Group))
        {
            LinuxFileSystem.SetOwner(path, User ?? now.User, Group ?? now.Group);
        }

        // What is right already is not set: that may need a right that nothing else here needs.
        if (Label is not null && !Label.AsSpan().SequenceEqual(LinuxFileSystem.LabelOf(path)))
        {
            LinuxFileSystem.SetLabel(path, Label);
        }
    }

    private static UnixFileMode ParseMode(string text) =>
        text.Length is >= 3 and <= 5 && text.All(c => c is >= '0' and <= '7') && Convert.ToInt32(text, 8) is var mode and <= 0xFFF
            ? (UnixFileMode)mode
            : throw new FileModeInvalidException(text);

    private static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static uint? Lookup(string name, bool isGroup) =>
        (LinuxFileSystem.IsHere ? (isGroup ? LinuxFileSystem.GroupId(name) : LinuxFileSystem.UserId(name)) : null)
        ?? throw new UserNotFoundException(name, isGroup);
}

/// <summary>The machine knows no user or group of a name.</summary>
public sealed class UserNotFoundException(string name, bool isGroup)
    : RecoveryException(
        FailureKind.NotFound,
        name,
        $"This machine has no {(isGroup ? "group" : "user")} '{name}'.",
        "Give the numeric id, or create it first.");

/// <summary>A mode is not the octal number that chmod takes.</summary>
public sealed class FileModeInvalidException(string mode)
    : RecoveryException(FailureKind.InvalidInput, mode, $"'{mode}' is not a mode.", "Give it in octal, as chmod takes it: 0700 is what etcd itself makes.");
