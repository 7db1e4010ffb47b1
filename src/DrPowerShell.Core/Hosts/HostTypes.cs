namespace DrPowerShell.Core.Hosts;

/// <summary>Who and where we are on a host.</summary>
/// <param name="BootId">Changes with every boot; empty where the host has none.</param>
/// <param name="UserId">The numeric user that commands run as, sudo included: 0 for root.</param>
/// <param name="User">Its name.</param>
/// <param name="OperatingSystem">Such as "Linux 6.1.0 x86_64".</param>
/// <param name="HostName">What the machine calls itself.</param>
/// <param name="ClockOffset">Its clock minus ours, to about the time that one command takes.</param>
public sealed record HostFacts(string BootId, int UserId, string User, string OperatingSystem, string HostName, TimeSpan ClockOffset);

/// <summary>A command: a program with its arguments, or a shell's line. Nothing in the arguments is read by a shell.</summary>
public sealed record HostCommand
{
    /// <summary>The program and its arguments, each passed as it is.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>What it reads from its standard input.</summary>
    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>After that long it is ended. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A line for /bin/sh.</summary>
    public static HostCommand Shell(string line) => new() { Arguments = ["/bin/sh", "-c", line] };

    /// <summary>A program with its arguments.</summary>
    public static HostCommand Of(params string[] arguments) => new() { Arguments = arguments };

    public override string ToString() => string.Join(' ', Arguments);
}

/// <summary>What a command answered; each stream is cut at 1 MiB.</summary>
public sealed record HostCommandResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The last line that says something, for a message: of the error stream, else of the output.</summary>
    public string Reason =>
        (Error.Trim() is { Length: > 0 } error ? error : Output.Trim()).Split('\n')[^1].Trim().TrimEnd('.') is { Length: > 0 } line ? line : $"exit code {ExitCode}";

    /// <summary>The exit code, and what was said beside it.</summary>
    internal string Ending => Reason == $"exit code {ExitCode}" ? Reason : $"exit code {ExitCode}: {Reason}";
}

/// <summary>A file or folder on a host.</summary>
/// <param name="Path">Its absolute path.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Size">Its length in bytes; holes count.</param>
/// <param name="Attributes">Owner, group, mode, label.</param>
/// <param name="Modified">Its time of last change, by the host's clock, UTC.</param>
public sealed record HostEntry(string Path, HostEntryKind Kind, long Size, HostFileAttributes Attributes, DateTimeOffset Modified)
{
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];
}

/// <summary>What a path names.</summary>
public enum HostEntryKind
{
    File,
    Directory,
    Link,
    Other,
}

/// <summary>Owner, group, mode and SELinux label; null for what is to stay as it is, or is not known.</summary>
/// <param name="Owner">A name or a number.</param>
/// <param name="Group">A name or a number.</param>
/// <param name="Mode">The permission bits, such as 448 for 0700.</param>
/// <param name="Label">The SELinux label; null where the host has none.</param>
public sealed record HostFileAttributes(string? Owner, string? Group, int? Mode, string? Label);

/// <summary>A file system on a host.</summary>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="Device">What is mounted there.</param>
/// <param name="Kind">Such as ext4.</param>
/// <param name="FreeBytes">What the user that commands run as may still write.</param>
/// <param name="TotalBytes">Its size.</param>
public sealed record HostVolume(string MountPoint, string Device, string Kind, long FreeBytes, long TotalBytes);

/// <summary>A process on a host.</summary>
/// <param name="Id">Its pid.</param>
/// <param name="ParentId">Its parent's pid.</param>
/// <param name="User">Whose it is.</param>
/// <param name="Arguments">Its command line, the program first; empty where it shows none.</param>
public sealed record HostProcess(int Id, int ParentId, string User, IReadOnlyList<string> Arguments)
{
    public override string ToString() => $"{Id} {string.Join(' ', Arguments)}";
}
